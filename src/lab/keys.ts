import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** An Ed25519 key pair in OpenSSH's forms: an RSA key would take half a second to make. */
export interface KeyPair {
  /** PROTOCOL.key: `-----BEGIN OPENSSH PRIVATE KEY-----`, without a passphrase. */
  readonly privateText: string
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicText: string
}

const type = 'ssh-ed25519'

/** A new key pair. ssh2's own generator cuts zeros off the front of keys, one in 256, and cannot read those again. */
export function newKeyPair(): KeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return keyPairOf(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'))
}

/** The pair of a seed and its public key, 32 bytes each. */
export function keyPairOf(seed: Buffer, publicBytes: Buffer): KeyPair {
  const publicBlob = Buffer.concat([text(type), text(publicBytes)])
  const check = randomBytes(4)
  const secret = Buffer.concat([
    check,
    check,
    publicBlob,
    text(Buffer.concat([seed, publicBytes])),
    // The comment.
    text(''),
  ])
  // Up to whole blocks of 8 with 1, 2, 3, …
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1))
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    // Cipher, key derivation and its options, number of keys.
    text('none'),
    text('none'),
    text(''),
    count(1),
    text(publicBlob),
    text(Buffer.concat([secret, padding])),
  ])
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? []
  return {
    privateText: [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      ...lines,
      '-----END OPENSSH PRIVATE KEY-----',
      '',
    ].join('\n'),
    publicText: `${type} ${publicBlob.toString('base64')}`,
  }
}

/** RFC 4251's `string`: its length, then its bytes. */
function text(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([count(bytes.length), bytes])
}

function count(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
