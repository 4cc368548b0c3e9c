import type {
  Algorithms,
  CipherAlgorithm,
  KexAlgorithm,
  MacAlgorithm as Mac,
  ServerHostKeyAlgorithm,
} from 'ssh2'
import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

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

/** What ssh2 has beside: offered only where somebody names it. */
const onlyIfNamed = {
  kex: [
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group1-sha1',
  ],
  serverHostKey: ['ssh-rsa', 'ssh-dss'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
} satisfies Algorithms

/** What one connection offers, each list best first. */
interface Offer {
  readonly kex: KexAlgorithm[]
  readonly serverHostKey: ServerHostKeyAlgorithm[]
  readonly cipher: CipherAlgorithm[]
  readonly hmac: Mac[]
  readonly compress: 'none'[]
}

/**
 * What to offer a target: its own lists as far as ssh2 knows their names, ours where it has none. The host key
 * algorithms of `knownTypes` come first: a server sends the first key we ask for that it has, and a key of a type that
 * we do not know for it could not be checked.
 *
 * Throws HostFailure `no_common_algorithm` when ssh2 knows nothing of a list.
 */
export function algorithmsFor(target: Target, knownTypes: readonly string[]): Offer {
  const { kex, ciphers, macs, hostKeys } = target.algorithms
  const own = { kex: 'KexAlgorithms', serverHostKey: 'HostKeyAlgorithms', cipher: 'Ciphers', hmac: 'MACs' }
  const pick = <Name extends string>(list: keyof typeof own, names: readonly string[] | null): Name[] => {
    if (names === null) return [...algorithms[list]] as string[] as Name[]
    const all: readonly string[] = [...algorithms[list], ...onlyIfNamed[list]]
    const known = names.filter((name) => all.includes(name))
    if (known.length === 0) throw nothingKnown(target, own[list], names)
    return known as Name[]
  }
  return {
    kex: pick('kex', kex),
    serverHostKey: preferKnown(pick('serverHostKey', hostKeys), knownTypes),
    cipher: pick('cipher', ciphers),
    hmac: pick('hmac', macs),
    compress: ['none'],
  }
}

/** Those of known types first, each in the order that they are in, as OpenSSH does. */
function preferKnown(
  offered: readonly ServerHostKeyAlgorithm[],
  keyTypes: readonly string[],
): ServerHostKeyAlgorithm[] {
  const isKnown = (algorithm: ServerHostKeyAlgorithm): boolean =>
    keyTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
  return offered.toSorted((one, other) => Number(isKnown(other)) - Number(isKnown(one)))
}

function nothingKnown({ name }: Target, option: string, names: readonly string[]): HostFailure {
  const message = `${option} for ${name} names nothing that ssh2 knows: ${printable(names.join(', '))}`
  const hint = `use the system's ssh for this host (--connection openssh), or add one of ssh2's to ${option}`
  return new HostFailure('no_common_algorithm', 'connect', message, hint)
}
