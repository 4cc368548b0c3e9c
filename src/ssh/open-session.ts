import { setMaxListeners } from 'node:events'
import { Bastions } from './bastions.ts'
import { logInOver } from './log-in-over.ts'
import type { Session } from './session.ts'
import { startShell } from './start-shell.ts'
import type { Target } from './target.ts'

/**
 * Logs in to one host and starts a POSIX shell there, as the `become` user where that is asked.
 * An abort of `signal` ends the attempt, and the session that came of it, at once. The hosts of a run share
 * `bastions`; without it a session has its own, which end with it.
 *
 * Throws HostFailure for whatever goes wrong; nothing is left open then.
 */
export async function openSession(
  target: Target,
  signal: AbortSignal,
  bastions: Bastions = new Bastions({ random: () => 0.5, ask: null, keepOpen: false }),
): Promise<Session> {
  // One signal ends a whole run of many hosts: its many listeners are no leak.
  setMaxListeners(0, signal)
  return logInOver(target, startShell(target, signal), bastions, signal)
}
