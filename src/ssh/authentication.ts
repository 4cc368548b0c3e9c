import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from 'ssh2'
import { answerPrompts } from './answer-prompts.ts'
import type { Prompt } from './answer-prompts.ts'
import type { Question } from './ask.ts'
import { HostFailure } from './failure.ts'
import { checkHostKey } from './host-keys.ts'
import { loginRefused } from './login-refused.ts'
import { keyAttempts } from './login-attempts.ts'
import type { Target } from './target.ts'

interface Attempt {
  /** For messages: `key /root/.ssh/id_ed25519`. */
  readonly name: string
  readonly holder: 'file' | 'agent' | 'person'
  readonly method: AnyAuthMethod
}

/** What a login offers to its authentication. */
interface LoginHooks {
  /** Ends the login. */
  readonly giveUp: (failure: unknown) => void
  /** Asks a person, while the time to log in stands still; null where nobody can be asked. */
  readonly ask: ((question: Question) => Promise<string>) | null
}

/** The ways to log in to one target. */
export interface Authentication {
  /** The handler for one connection. */
  handler(hooks: LoginHooks): AuthHandlerMiddleware
  /** True when no method is left to try. */
  readonly exhausted: boolean
  /** Tells the key that the host has shown and that was let pass: without it no password is sent. */
  trust(key: Buffer): void
  /** Tells what the host said to an attempt, agent keys included, of which ssh2 does not. */
  heard(methods: readonly string[], partialSuccess: boolean): void
  /** Notes a failure of one method that ssh2 goes on from. */
  note(error: Error): void
  /** What to say when the host did not let us in; `reason` is the host's own word, if it had one. */
  failure(reason?: string): HostFailure
}

/** A host that takes one proof after the other and never has enough is given up after these. */
const partialSuccessesAtMost = 8

/**
 * Keys first, then `keyboard-interactive`, then `password`, as OpenSSH does; of these only what the host offers. The
 * first probe is already a key where there is one, since asking what the host offers (`none`) costs a round trip.
 *
 * Throws HostFailure `key_file`, `agent` or `auth` when there is nothing to log in with.
 */
export async function authenticationFor(target: Target, canAsk: boolean): Promise<Authentication> {
  const { password, user: username } = target
  const known = await keyAttempts(target, password !== null || canAsk)
  const notes = [...known.notes]
  const tried = new Set<Attempt>()
  const accepted = new Set<Attempt>()
  const everTried = new Set<Attempt>()
  let hostKey: Buffer | null = null
  let offered: readonly string[] | null = null
  let current: Attempt | null = null
  let partialSuccesses = 0
  let exhausted = false
  let agentError = known.agentError
  let unverified: HostFailure | null = null

  const attemptsWith = ({ giveUp, ask }: LoginHooks): Attempt[] => {
    const attempts: Attempt[] = [...known.keys]
    if (password !== null || ask !== null) {
      const prompt = prompter(target, ask, giveUp)
      attempts.push({
        name: 'keyboard-interactive',
        holder: 'person',
        method: { type: 'keyboard-interactive', username, prompt },
      })
    }
    if (password !== null)
      attempts.push({
        name: 'password',
        holder: 'person',
        method: { type: 'password', username, password: password.reveal() },
      })
    return attempts
  }
  const isOpen = (attempt: Attempt): boolean => {
    if (tried.has(attempt)) return false
    const type = attempt.holder === 'person' ? attempt.method.type : 'publickey'
    if (offered?.includes(type) === false) return false
    if (attempt.holder !== 'person') return true
    unverified ??= passwordFault(target, hostKey)
    return unverified === null
  }

  return {
    get exhausted() {
      return exhausted
    },
    handler: (hooks) => {
      const attempts = attemptsWith(hooks)
      return (_methodsLeft, _partialSuccess, proceed) => {
        if (known.keys.length === 0 && offered === null) {
          proceed({ type: 'none', username })
          return
        }
        current = attempts.find(isOpen) ?? null
        if (current === null || partialSuccesses > partialSuccessesAtMost) {
          exhausted = true
          // ssh2 takes `false` for "nothing left", which its types do not know.
          proceed(false as unknown as AuthenticationType)
          return
        }
        tried.add(current)
        everTried.add(current)
        proceed(current.method)
      }
    },
    trust: (key) => {
      hostKey = key
    },
    heard: (methods, partialSuccess) => {
      offered = methods
      if (!partialSuccess || current === null) return
      partialSuccesses += 1
      // What was refused before this proof may be asked for now; a key counts once, a conversation may go on.
      if (current.method.type !== 'keyboard-interactive') accepted.add(current)
      tried.clear()
      for (const attempt of accepted) tried.add(attempt)
    },
    note: (error) => {
      if ((error as { level?: unknown }).level === 'agent') agentError ??= error
      notes.push(`${current?.name}: ${error.message}`)
    },
    failure: (reason) =>
      unverified ??
      loginRefused(target, {
        tried: [...everTried],
        offered,
        isPartial: partialSuccesses > 0,
        notes,
        agentError,
        reason,
      }),
  }
}

function prompter(target: Target, ask: LoginHooks['ask'], giveUp: LoginHooks['giveUp']) {
  const answering = { target, ask, passwordGiven: false }
  return (
    _name: string,
    instructions: string,
    _language: string,
    prompts: readonly Prompt[],
    finish: (answers: string[]) => void,
  ): void => {
    answerPrompts(instructions, prompts, answering).then(finish).catch(giveUp)
  }
}

/** Why no password may go to a host: `StrictHostKeyChecking=no` lets in whoever answers. */
function passwordFault(target: Target, key: Buffer | null): HostFailure | null {
  if (target.hostKeys.checking !== 'no') return null
  try {
    if (key === null) throw new Error('a login without a host key')
    checkHostKey({ ...target, hostKeys: { ...target.hostKeys, checking: 'yes' } }, key, true)
    return null
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error
    const message = `no password is sent to ${target.name}: ${error.message}`
    return new HostFailure(error.kind, 'login', message, error.hint, error)
  }
}
