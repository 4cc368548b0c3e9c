import { connect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connectFailure } from './connect-failure.ts'
import { cancelled, HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/**
 * Resolves the target's address and opens a TCP connection, both within `connectSeconds`.
 * By the address family and from the address that a direct route names.
 * Throws HostFailure dns, refused, no_route, timeout, settings or cancelled.
 */
export function connectTcp(target: Target, signal: AbortSignal): Promise<Socket> {
  const { route } = target
  const family = route.kind === 'direct' ? route.addressFamily : 0
  const localAddress = route.kind === 'direct' ? route.bindAddress : null
  const fault = addressFault(target.address, family, localAddress)
  if (fault !== null) return Promise.reject(fault)
  return new Promise((resolve, reject) => {
    const limitMilliseconds = target.limits.connectSeconds * 1000
    const socket = connect({
      host: target.address,
      port: target.port,
      noDelay: true,
      family,
      ...(localAddress === null ? {} : { localAddress }),
      // Node's own 250 ms for each address of a name are less than the round trip to the far side of the world.
      autoSelectFamilyAttemptTimeout: Math.max(10, Math.min(1500, Math.floor(limitMilliseconds / 2))),
    })
    const place = `${printable(target.address)} port ${target.port}`

    const settle = (failure?: HostFailure): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      if (failure === undefined) {
        resolve(socket)
      } else {
        socket.destroy()
        reject(failure)
      }
    }
    const onError = (error: Error): void => settle(connectFailure(error, place))
    const onAbort = (): void => settle(cancelled(target.name, 'connect'))
    const timer = setTimeout(() => {
      const message = `${place} did not answer within ${target.limits.connectSeconds} s`
      settle(
        new HostFailure('timeout', 'connect', message, 'the host is down, or a firewall drops the packets'),
      )
    }, limitMilliseconds)

    socket.once('connect', () => settle())
    socket.on('error', onError)
    // Stays on for good: whoever owns the socket later, an error of it never goes unheard.
    socket.on('error', () => {})
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

/** What no socket would say clearly: an address of the wrong family, or a name to bind to. */
function addressFault(address: string, family: 0 | 4 | 6, localAddress: string | null): HostFailure | null {
  const isOther = family !== 0 && isIP(address) !== 0 && isIP(address) !== family
  if (isOther) {
    const message = `${printable(address)} is no IPv${family} address, and AddressFamily allows no other`
    return new HostFailure(
      'no_route',
      'connect',
      message,
      'name an address of that family, or AddressFamily=any',
    )
  }
  if (localAddress !== null && isIP(localAddress) === 0) {
    const message = `BindAddress ${printable(localAddress)} is no address`
    return new HostFailure(
      'settings',
      'connect',
      message,
      'write the IP address of this machine to connect from',
    )
  }
  return null
}
