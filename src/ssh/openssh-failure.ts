import { HostFailure } from './failure.ts'
import type { FailureKind, Stage } from './failure.ts'
import type { Target } from './target.ts'

type Known = readonly [words: RegExp, kind: FailureKind, stage: Stage, hint: string]

/** What the system's ssh says when it does not get through; in English always. The first that fits counts. */
const knownFailures: readonly Known[] = [
  [
    /REVOKED HOST KEY|marked as revoked|Host key .* revoked/i,
    'host_key_revoked',
    'connect',
    'give the host a new key; a revoked one is refused under every setting',
  ],
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed|differs from the key/i,
    'host_key_changed',
    'connect',
    'somebody may be in between; if the host was reinstalled, remove the old key with the ssh-keygen -R line of the message',
  ],
  [
    /Host key verification failed|host key is known for/i,
    'host_key_unknown',
    'connect',
    'compare the fingerprint on the host, then add it to known_hosts; or let new keys in with -o StrictHostKeyChecking=accept-new',
  ],
  [
    /Could not resolve hostname|Name or service not known/i,
    'dns',
    'connect',
    'check the name in the inventory, or set ansible_host to an address',
  ],
  [/Connection refused/i, 'refused', 'connect', 'check that sshd runs there and listens on that port'],
  [
    /No route to host|Network is unreachable|Host is down/i,
    'no_route',
    'connect',
    'check the address, the network and whether a firewall rejects the connection',
  ],
  [
    /Connection timed out|Operation timed out|timed out during banner exchange|not responding/i,
    'timeout',
    'connect',
    'the host is down, or a firewall drops the packets',
  ],
  [
    /Unable to negotiate|no matching .* found|Bad SSH2 cipher/i,
    'no_common_algorithm',
    'login',
    'allow one of those the message names on one of the two sides',
  ],
  [
    /password (has expired|change required)|must change your password/i,
    'password_expired',
    'login',
    'log in there once with ssh and change it, or use a key',
  ],
  [
    /Too many authentication failures/i,
    'auth',
    'login',
    'the agent holds more keys than the host tries (MaxAuthTries): name the right key with --private-key, and only that with -o IdentitiesOnly=yes',
  ],
  [
    /Permission denied|Authentication failed|No supported authentication methods/i,
    'auth',
    'login',
    'check the user, its keys or its password; ssh -v to the host shows what it was offered',
  ],
  [
    /kex_exchange_identification|Connection closed by|Connection reset|Connection to .* closed|Broken pipe/i,
    'dropped',
    'login',
    'sshd is at its limit (MaxStartups) or bans this address, or its log says why: try again with fewer --forks',
  ],
  [
    /Bad configuration option|bad configuration options|Bad owner or permissions|unsupported option|usage: ssh/i,
    'settings',
    'connect',
    'correct what it names in ssh_config or the arguments of ssh',
  ],
]

/** Why the system's ssh ended before a shell had answered; `words` is what it said. */
export function opensshFailure({ name }: Target, words: string): HostFailure {
  const known = knownFailures.find(([pattern]) => pattern.test(words))
  const [, kind, stage, hint] = known ?? [
    null,
    'dropped' as const,
    'login' as const,
    'ssh -v to the host shows more',
  ]
  const said = words === '' ? 'without a word' : words
  return new HostFailure(kind, stage, `ssh did not get to a shell on ${name}: ${said}`, hint)
}

/** It is not there, or could not be run. */
export function noOpenssh(reason: string): HostFailure {
  return new HostFailure(
    'settings',
    'connect',
    `the system's ssh is not to be had: ${reason}`,
    'install it on this machine (openssh-client), or leave ansible_connection at ssh2',
  )
}
