import type { Client, ClientChannel } from 'ssh2'
import { cancelled, HostFailure } from './failure.ts'
import type { FailureKind } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/**
 * Opens a connection to `target` from the bastion that `client` is logged in to, within `connectSeconds`. Such
 * channels are no sessions: the bastion's MaxSessions does not count them.
 * Throws HostFailure refused, no_route, dns, timeout, bastion, dropped or cancelled.
 */
export function forward(
  client: Client,
  bastion: string,
  target: Target,
  signal: AbortSignal,
): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const place = `${printable(target.address)} port ${target.port}`
    let settled = false
    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (failure: HostFailure): void => {
      if (settle()) reject(failure)
    }
    const onAbort = (): void => fail(cancelled(target.name, 'connect'))
    const timer = setTimeout(() => {
      const message = `${place} did not answer ${bastion} within ${target.limits.connectSeconds} s`
      fail(
        new HostFailure(
          'timeout',
          'connect',
          message,
          'the host is down, or a firewall behind the bastion drops the packets',
        ),
      )
    }, target.limits.connectSeconds * 1000)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) {
      onAbort()
      return
    }
    try {
      client.forwardOut('127.0.0.1', 0, target.address, target.port, (error, channel) => {
        if (error !== undefined) {
          fail(refusedByBastion(error, place, bastion))
        } else if (settle()) {
          // Stays on for good: whoever owns the channel later, an error of it never goes unheard.
          channel.on('error', () => {})
          resolve(channel)
        } else {
          // It came too late.
          channel.destroy()
        }
      })
    } catch {
      // It throws when the connection has gone already.
      fail(lost(bastion))
    }
  })
}

function lost(bastion: string): HostFailure {
  const hint = 'the bastion, or something on the way, cut the connection: run again'
  return new HostFailure('dropped', 'connect', `the connection to ${bastion} was lost`, hint)
}

const reasons: readonly (readonly [RegExp, FailureKind, string, string])[] = [
  [/refused/i, 'refused', 'refuses the connection', 'check that sshd runs there and listens on that port'],
  [
    /name or service not known|name resolution|nodename|no address associated|unknown host/i,
    'dns',
    'is a name that does not resolve there',
    'check the name in the inventory as the bastion sees it, or set ansible_host to an address',
  ],
  [
    /timed out/i,
    'timeout',
    'did not answer',
    'the host is down, or a firewall behind the bastion drops the packets',
  ],
  [
    /unreachable|no route/i,
    'no_route',
    'cannot be reached: there is no route to it',
    'check the address and the network behind the bastion',
  ],
  [
    /prohibited|forwarding|administratively/i,
    'bastion',
    'is not forwarded to',
    'allow it in the sshd_config of the bastion: AllowTcpForwarding, PermitOpen, DisableForwarding',
  ],
]

function refusedByBastion(error: Error, place: string, bastion: string): HostFailure {
  if (/no response from server/i.test(error.message)) return lost(bastion)
  const said = printable(error.message.replace(/^\(SSH\) Channel open failure: /, '')).slice(0, 300)
  // ssh2 puts the number of the reason beside: 1 is "administratively prohibited".
  const { reason } = error as { reason?: unknown }
  const known = reason === 1 ? reasons.at(-1) : reasons.find(([pattern]) => pattern.test(said))
  const [, kind, fact, hint] = known ?? [
    null,
    'no_route' as const,
    'cannot be reached',
    'the log of sshd on the bastion says why',
  ]
  return new HostFailure(kind, 'connect', `seen from ${bastion}, ${place} ${fact}: ${said}`, hint, error)
}
