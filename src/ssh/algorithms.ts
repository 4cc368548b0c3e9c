import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2'

/**
 * What we offer a server, best first. Everything here runs in OpenSSL itself, without the optional native addon:
 * AES-GCM because it needs no separate MAC, curve25519 because it is the cheapest key exchange on both sides.
 * SHA-1 (`ssh-rsa` signatures, `hmac-sha1`, the SHA-1 groups) and CBC are left out for good: no host that still gets
 * updates needs them. chacha20-poly1305 comes last, as only the addon makes it fast.
 */
export const algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} satisfies Algorithms

/**
 * The host key algorithms to offer, those of `keyTypes` first: a server sends the first key we ask for that it has,
 * and a key of a type that we do not know for it could not be checked.
 */
export function preferHostKeyTypes(keyTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const rank = (algorithm: ServerHostKeyAlgorithm): number => {
    const at = keyTypes.indexOf(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
    return at === -1 ? keyTypes.length : at
  }
  return algorithms.serverHostKey.toSorted((one, other) => rank(one) - rank(other))
}
