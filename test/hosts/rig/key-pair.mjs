// @ts-check
// ssh2 can make key pairs too, but about one in a hundred of its ed25519 keys is not one to OpenSSH.
import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** @typedef {{private: string, public: string}} KeyPair the private key in OpenSSH's PEM, the public one on one line */

/**
 * A new ed25519 key pair without a passphrase (the format: PROTOCOL.key of OpenSSH).
 * @returns {KeyPair}
 */
export function makeKeyPair() {
  // As bytes at once: exporting a key object afterwards can lock up Node 20 when the collector runs just then.
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const publicKey = pair.publicKey.subarray(-32)
  const seed = pair.privateKey.subarray(-32)
  const kind = string('ssh-ed25519')
  const publicBlob = Buffer.concat([kind, string(publicKey)])
  const check = randomBytes(4)
  const secret = [check, check, publicBlob, string(Buffer.concat([seed, publicKey])), string('')]
  const unpadded = Buffer.concat(secret)
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (unpadded.length % 8)) % 8))
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    number(1),
    string(publicBlob),
    string(Buffer.concat([unpadded, padding])),
  ])
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? []
  return {
    private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    public: `ssh-ed25519 ${publicBlob.toString('base64')}`,
  }
}

/** @param {number} value */
function number(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** @param {Buffer | string} value */
function string(value) {
  const bytes = Buffer.from(value)
  return Buffer.concat([number(bytes.length), bytes])
}
