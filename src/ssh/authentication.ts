import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from 'ssh2'
import { Agent } from './agent.ts'
import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import { readPrivateKey } from './private-key.ts'
import type { Target } from './target.ts'

interface Attempt {
  /** For messages: `key /root/.ssh/id_ed25519`. */
  readonly name: string
  readonly method: AnyAuthMethod
}

/** The ways to log in to one target, each tried once, in order. */
export interface Authentication {
  readonly handler: AuthHandlerMiddleware
  /** True when no method is left to try. */
  readonly exhausted: boolean
  /** Notes a failure of one method that ssh2 goes on from. */
  note(error: Error): void
  /** What to say when the host did not let us in; `reason` is the host's own word, if it had one. */
  failure(reason?: string): HostFailure
}

/**
 * Key files first, in order, then the agent: the first probe is already a key, since asking what the host
 * offers (`none`) would cost a round trip. A password joins the list behind the agent.
 *
 * Throws HostFailure `key_file` or `auth` when there is nothing to log in with.
 */
export function authenticationFor(target: Target): Authentication {
  const attempts: Attempt[] = []
  const notes: string[] = []
  const unusable = []
  for (const file of target.identityFiles) {
    const read = readPrivateKey(file)
    if (read.state === 'usable') {
      const method = { type: 'publickey', username: target.user, key: read.key } as const
      attempts.push({ name: `key ${file}`, method })
    } else {
      unusable.push(read)
      notes.push(read.why)
    }
  }
  const agent = target.agentSocket === null ? null : new Agent(target.agentSocket)
  if (agent !== null) {
    attempts.push({
      name: `agent ${target.agentSocket}`,
      method: { type: 'agent', username: target.user, agent },
    })
  }
  if (attempts.length === 0) {
    const [first] = unusable
    if (first !== undefined) throw new HostFailure('key_file', 'login', first.why, first.hint)
    const hint = 'name a private key (--private-key, ansible_ssh_private_key_file) or start an ssh-agent'
    throw new HostFailure('auth', 'login', `there is no key to log in to ${target.name} with`, hint)
  }

  let next = 0
  let offered: readonly AuthenticationType[] | null = null
  let partial = false
  let agentError: Error | undefined

  return {
    get exhausted() {
      return next > attempts.length
    },
    handler: (methodsLeft: AuthenticationType[] | null, partialSuccess, proceed) => {
      offered = methodsLeft
      partial = partialSuccess
      const attempt = attempts[next]
      next += 1
      if (attempt !== undefined) proceed(attempt.method)
      // ssh2 does not hand on what the host said to the agent's keys: this asks once more, for the message.
      else if (offered === null && next === attempts.length + 1)
        proceed({ type: 'none', username: target.user })
      // ssh2 takes `false` for "nothing left", which its types do not know.
      else proceed(false as unknown as AnyAuthMethod)
    },
    note: (error) => {
      if ((error as { level?: unknown }).level === 'agent') agentError ??= error
      notes.push(`${attempts[next - 1]?.name}: ${error.message}`)
    },
    failure: (reason) => {
      const tried = attempts.slice(0, next).map(({ name, method }) => {
        return method.type === 'agent' ? `${name} (${agent?.keys ?? 'no'} keys)` : name
      })
      const said = [
        `${target.user}@${target.address} was not let in; tried ${tried.join(', ')}`,
        ...(partial ? ['the host took one of them and wants more'] : []),
        ...(offered === null ? [] : [`the host still offers ${printable(offered.join(', ')) || 'nothing'}`]),
        ...(reason === undefined ? [] : [`it said: ${reason}`]),
        ...notes,
      ]
      if (agentError !== undefined && attempts.length === 1) {
        const hint = 'start it and check SSH_AUTH_SOCK (ssh-add -l), or name a private key'
        return new HostFailure('agent', 'login', said.join('; '), hint, agentError)
      }
      return new HostFailure('auth', 'login', said.join('; '), hintFor(offered, reason))
    },
  }
}

function hintFor(offered: readonly AuthenticationType[] | null, reason: string | undefined): string {
  if (reason !== undefined && /too many/i.test(reason))
    return 'the agent holds more keys than the host tries: name the right key with --private-key'
  if (offered !== null && !offered.includes('publickey'))
    return 'the host takes no keys from this user; logging in with a password is not supported yet'
  return "check the user and that the public key stands in the host's authorized_keys"
}
