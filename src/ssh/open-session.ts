import { setMaxListeners } from 'node:events'
import { Bastions } from './bastions.ts'
import { TerminalNeeded } from './become-failure.ts'
import { logInOver } from './log-in-over.ts'
import { openLocalShell } from './open-local-shell.ts'
import { openOpensshShell } from './open-openssh-shell.ts'
import type { Marks, Session } from './session.ts'
import { startShell } from './start-shell.ts'
import type { Target } from './target.ts'

/**
 * Gets a POSIX shell on one host, as the `become` user where that is asked, by the target's transport.
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
  const open = (tty: boolean): Promise<Session> => openBy({ ...target, tty }, signal, bastions)
  const session = await open(target.tty)
  const mayWantTerminal = target.become !== null && !target.tty
  return mayWantTerminal ? new OnTerminalIfNeeded(session, () => open(true)) : session
}

async function openBy(target: Target, signal: AbortSignal, bastions: Bastions): Promise<Session> {
  switch (target.transport) {
    case 'local':
      return openLocalShell(target, signal)
    case 'openssh':
      return openOpensshShell(target, bastions, signal)
    case 'ssh2':
      return logInOver(target, startShell(target, signal), bastions, signal)
  }
}

/** Whether sudo wants a terminal (`requiretty`) is known once it was called: nothing has been run by then. */
class OnTerminalIfNeeded implements Session {
  #session: Session
  readonly #again: () => Promise<Session>
  #isFirst = true

  constructor(session: Session, again: () => Promise<Session>) {
    this.#session = session
    this.#again = again
  }

  async exchange(script: string, marks: Marks, stage: 'read' | 'apply'): Promise<string> {
    const isFirst = this.#isFirst
    this.#isFirst = false
    try {
      return await this.#session.exchange(script, marks, stage)
    } catch (error) {
      if (!isFirst || !(error instanceof TerminalNeeded)) throw error
      this.#session = await this.#again()
      return this.#session.exchange(script, marks, stage)
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#session[Symbol.asyncDispose]()
  }
}
