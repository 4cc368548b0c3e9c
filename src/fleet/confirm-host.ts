import { confirmChanges } from '../host/confirm-changes.ts'
import type { HostFacts } from '../host/facts.ts'
import { readHost } from '../host/read-host.ts'
import type { Reading } from '../host/reading.ts'
import type { Presence } from '../host/script.ts'
import { openSession } from '../ssh/open-session.ts'
import type { Session } from '../ssh/session.ts'
import type { Target } from '../ssh/target.ts'
import { pause } from './pause.ts'

/** Seconds between two tries to get in anew. */
const retrySeconds = 1
/** Seconds that a host may take, after the time is over, until it has put back. */
const revertSeconds = 3

/** How a change ended that a new connection had to confirm; `facts` are those after the host put back, if it was read. */
export type Confirming =
  | { readonly state: 'confirmed' }
  | { readonly state: 'reverted' | 'unconfirmed'; readonly why: string; readonly facts: HostFacts | null }

/**
 * Gets in to a host anew, by the whole way and over no connection that is open, and confirms there what was changed.
 * Tries until `until` (of performance.now). When that fails it waits for the host to put back, and looks. Never throws.
 */
export async function confirmHost(
  target: Target,
  presence: Presence,
  until: number,
  reading: Reading,
  signal: AbortSignal,
): Promise<Confirming> {
  let why = 'there was no time left'
  for (;;) {
    const leftSeconds = (until - performance.now()) / 1000
    if (leftSeconds <= 0 || signal.aborted) break
    try {
      await using session = await enter(target, leftSeconds, signal)
      const said = await confirmChanges(session, presence)
      if (said === 'done') return { state: 'confirmed' }
      why = 'it had put back already'
      break
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    }
    await pause(Math.min(retrySeconds, Math.max(0, (until - performance.now()) / 1000)), signal)
  }
  await pause(Math.max(0, (until - performance.now()) / 1000) + revertSeconds, signal)
  try {
    await using session = await openSession(target, signal)
    const facts = await readHost(session, reading)
    return { state: facts.atWork.hasJournal ? 'unconfirmed' : 'reverted', why, facts }
  } catch {
    return { state: 'unconfirmed', why, facts: null }
  }
}

/** None of the limits may last longer than there is time left. The bastions on the way are entered anew as well. */
async function enter(target: Target, leftSeconds: number, signal: AbortSignal): Promise<Session> {
  const { limits } = target
  const atMost = (seconds: number): number => Math.min(seconds, leftSeconds)
  return openSession(
    {
      ...target,
      limits: {
        ...limits,
        connectSeconds: atMost(limits.connectSeconds),
        loginSeconds: atMost(limits.loginSeconds),
        commandSeconds: atMost(limits.commandSeconds),
      },
    },
    signal,
  )
}
