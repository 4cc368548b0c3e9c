/** What an OpenSSH private key file says in clear, also when the key itself is encrypted (PROTOCOL.key of OpenSSH). */
export interface OpensshKeyText {
  /** The public key as it goes over the wire. */
  readonly publicBlob: Buffer
  readonly encrypted: boolean
}

const magic = 'openssh-key-v1\0'

/** Reads the clear part of `text`; null when it is no whole private key in OpenSSH's own format. */
export function readOpensshKeyText(text: string): OpensshKeyText | null {
  const match =
    /-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END OPENSSH PRIVATE KEY-----/.exec(
      text,
    )
  if (match === null) return null
  const bytes = Buffer.from(match[1] ?? '', 'base64')
  if (bytes.toString('latin1', 0, magic.length) !== magic) return null

  let at = magic.length
  const next = (): Buffer | null => {
    if (at + 4 > bytes.length) return null
    const start = at + 4
    const end = start + bytes.readUInt32BE(at)
    if (end > bytes.length) return null
    at = end
    return bytes.subarray(start, end)
  }
  const cipher = next()
  next()
  next()
  // The number of keys, which is always one.
  at += 4
  const publicBlob = next()
  if (cipher === null || publicBlob === null) return null
  return { publicBlob: Buffer.from(publicBlob), encrypted: cipher.toString() !== 'none' }
}

/** The text of an ed25519 private key in OpenSSH's format, from its seed and public half of 32 bytes each. */
export function ed25519KeyText(seed: Buffer, publicHalf: Buffer): string {
  const publicBlob = Buffer.concat([chunk('ssh-ed25519'), chunk(publicHalf)])
  // Two equal numbers that show a decryption to be right, and are of no use here.
  const check = Buffer.alloc(8, 7)
  const secret = Buffer.concat([check, publicBlob, chunk(Buffer.concat([seed, publicHalf])), chunk('')])
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (secret.length % 8)) % 8))
  const one = Buffer.from([0, 0, 0, 1])
  const bytes = Buffer.concat([
    Buffer.from(magic, 'latin1'),
    chunk('none'),
    chunk('none'),
    chunk(''),
    one,
    chunk(publicBlob),
    chunk(Buffer.concat([secret, padding])),
  ])
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}

function chunk(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
