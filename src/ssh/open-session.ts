import { setMaxListeners } from 'node:events'
import { authenticationFor } from './authentication.ts'
import { connectTcp } from './connect-tcp.ts'
import { expectedKeyTypes } from './host-keys.ts'
import { logIn } from './log-in.ts'
import type { KeyExpectation, LoginResult } from './log-in.ts'
import type { Session } from './session.ts'
import type { Target } from './target.ts'

/**
 * Logs in to one host and starts a POSIX shell there, as the `become` user where that is asked.
 * An abort of `signal` ends the attempt, and the session that came of it, at once.
 *
 * Throws HostFailure for whatever goes wrong; nothing is left open then.
 */
export async function openSession(target: Target, signal: AbortSignal): Promise<Session> {
  // One signal ends a whole run of many hosts: its many listeners are no leak.
  setMaxListeners(0, signal)
  const first = await attempt(target, { types: expectedKeyTypes(target), lastTry: false }, signal)
  if ('shell' in first) return first.shell
  const second = await attempt(target, { types: first.knownKeyTypes, lastTry: true }, signal)
  if ('shell' in second) return second.shell
  throw new Error('a last login asked for another one')
}

async function attempt(target: Target, expected: KeyExpectation, signal: AbortSignal): Promise<LoginResult> {
  const authentication = authenticationFor(target)
  const socket = await connectTcp(target, signal)
  return logIn(socket, target, authentication, expected, signal)
}
