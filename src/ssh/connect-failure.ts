import { HostFailure } from './failure.ts'
import type { FailureKind } from './failure.ts'
import { printable } from '../printable.ts'

/** What a socket's error means; `place` is the address with its port. */
export function connectFailure(error: Error & { code?: unknown }, place: string): HostFailure {
  const causes: unknown[] = error instanceof AggregateError ? error.errors : []
  const known = [error, ...causes].find(
    (cause): cause is Error & { code: string } => codeOf(cause) in reasons,
  )
  const code = known === undefined ? codeOf(error) : codeOf(known)
  const [kind, fact, hint] = reasons[code] ?? [
    'no_route',
    `cannot be reached: ${printable(error.message)}`,
    'check the address and the network',
  ]
  return new HostFailure(kind, 'connect', `${place} ${fact}`, hint, error)
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

const unreachable: readonly [FailureKind, string, string] = [
  'no_route',
  'cannot be reached: there is no route to it',
  'check the address, the network and whether a firewall rejects the connection',
]
const noName = 'is unknown: the name does not resolve'
const checkName = 'check the name in the inventory, or set ansible_host to an address'

const reasons: Readonly<Record<string, readonly [FailureKind, string, string]>> = {
  ENOTFOUND: ['dns', noName, checkName],
  EAI_AGAIN: [
    'dns',
    'cannot be looked up: the name server does not answer',
    'check /etc/resolv.conf and the name server',
  ],
  EAI_FAIL: ['dns', noName, checkName],
  EAI_NONAME: ['dns', noName, checkName],
  ECONNREFUSED: ['refused', 'refuses the connection', 'check that sshd runs there and listens on that port'],
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETDOWN: unreachable,
  EADDRNOTAVAIL: [
    'no_route',
    'cannot be reached from here: no local address or port is left for it',
    'check the address family of the host, BindAddress, and how many connections this machine has open',
  ],
  EPERM: [
    'no_route',
    'cannot be reached: this machine does not let the packet out',
    'check the firewall and the connection table of the machine that runs this',
  ],
  ETIMEDOUT: ['timeout', 'did not answer', 'the host is down, or a firewall drops the packets'],
  ECONNRESET: ['dropped', 'closed the connection at once', 'a firewall or the host resets connections'],
  EMFILE: ['settings', 'was not tried: too many open files', 'raise ulimit -n or lower --forks'],
  ENFILE: ['settings', 'was not tried: too many open files on this machine', 'lower --forks'],
}
