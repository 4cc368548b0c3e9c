import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { ClientChannel } from 'ssh2'
import type { Ask } from './ask.ts'
import type { CommandStream } from './command-stream.ts'
import { cancelled, HostFailure } from './failure.ts'
import { forward } from './forward.ts'
import { hangUp } from './hang-up.ts'
import type { LoggedIn, StartWork } from './log-in.ts'
import { logInOver } from './log-in-over.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/** A login that failed is not tried again for so long: a host behind it would wait in vain, or get us banned. */
const failureLastsMilliseconds = 60_000
/** A bastion at its MaxStartups drops connections at random: it gets this many tries. */
const triesAtMost = 3
/** Commands that log in at a bastion of their own: fewer than the 10 at which sshd begins to drop (MaxStartups). */
const commandsStartingAtMost = 8

interface Bastion {
  readonly connection: Promise<LoggedIn>
  readonly cut: AbortController
  users: number
}

/** How the connections of a run are made. */
export interface BastionManner {
  /** Between 0 and 1, for the pause before another try. */
  readonly random: () => number
  /** For questions of a host or bastion; null where nobody can be asked. */
  readonly ask: Ask | null
  /** Whether a connection outlives its last user, until the end of the run. */
  readonly keepOpen: boolean
}

/** What the hosts of one run share on their way: a single connection to each bastion, whoever asks for it first. */
export class Bastions implements AsyncDisposable {
  readonly ask: Ask | null
  readonly #manner: BastionManner
  readonly #known = new Map<string, Bastion>()
  readonly #startingCommands = pLimit(commandsStartingAtMost)

  constructor(manner: BastionManner) {
    this.#manner = manner
    this.ask = manner.ask
  }

  /**
   * A connection to `target` from the host `through`, which is logged in to first if nobody has done so yet. All who
   * wait for a bastion that cannot be used get the same failure, `bastion`. Throws HostFailure.
   */
  async open(
    target: Target,
    through: Target,
    signal: AbortSignal,
  ): Promise<{ readonly channel: ClientChannel; readonly release: () => void }> {
    const key = JSON.stringify({ ...through, name: null, become: null })
    const bastion = this.#known.get(key) ?? this.#logIn(key, through)
    bastion.users += 1
    let isUsed = true
    const release = (): void => {
      if (!isUsed) return
      isUsed = false
      bastion.users -= 1
      if (bastion.users === 0 && !this.#manner.keepOpen) this.#close(key, bastion)
    }
    try {
      const { client } = await orAborted(bastion.connection, target, signal)
      return { channel: await forward(client, nameOf(through), target, signal), release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Starts a command when not too many are about to log in somewhere; it counts until the host's first bytes or its end. */
  async startCommand(start: () => CommandStream, signal: AbortSignal): Promise<CommandStream> {
    const begun = await this.turn(signal)
    const started = start()
    started.stream.once('data', begun)
    started.stream.once('close', begun)
    // A listener for data would start the flow before ssh2 is there.
    started.stream.pause()
    return started
  }

  /** Waits until not too many are about to log in by a way of their own; to be told when this one is through. */
  turn(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      void this.#startingCommands(async () => {
        if (signal.aborted) reject(cancelled('the connection', 'connect'))
        else await new Promise<void>((done) => resolve(done))
      })
    })
  }

  /** Ends all connections. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const [key, bastion] of this.#known) this.#close(key, bastion)
    return Promise.resolve()
  }

  #logIn(key: string, through: Target): Bastion {
    const cut = new AbortController()
    const forget = (): void => {
      if (this.#known.get(key) === bastion) this.#known.delete(key)
    }
    const connection = this.#tryLogins(through, cut.signal).then(
      (open) => {
        // Those behind it see their own connections end; whoever comes next logs in anew.
        open.client.on('close', forget)
        if (cut.signal.aborted) hangUp(open.client, open.stream, 'politely')
        return open
      },
      (error: unknown) => {
        setTimeout(forget, failureLastsMilliseconds).unref()
        throw bastionFailure(through, error)
      },
    )
    // Whoever waits for it hears of a failure; nobody may be left to.
    connection.catch(() => {})
    const bastion: Bastion = { connection, cut, users: 0 }
    this.#known.set(key, bastion)
    return bastion
  }

  async #tryLogins(through: Target, signal: AbortSignal): Promise<LoggedIn> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await logInOver(through, holdOpen, this, signal)
      } catch (error) {
        const isPassing = error instanceof HostFailure && error.kind === 'dropped' && error.stage === 'login'
        if (!isPassing || tries === triesAtMost || signal.aborted) throw error
        await sleep((0.5 + this.#manner.random()) * 1000 * tries, undefined, { signal })
      }
    }
  }

  #close(key: string, { connection, cut }: Bastion): void {
    this.#known.delete(key)
    cut.abort()
    connection.then(({ client, stream }) => hangUp(client, stream, 'politely')).catch(() => {})
  }
}

/** Nothing is started on a bastion itself. */
const holdOpen: StartWork<LoggedIn> = (connection, finish) => finish(() => connection)

function nameOf({ user, address, port }: Target): string {
  return `the bastion ${printable(user)}@${printable(address)} port ${port}`
}

/** Names the bastion and none of the hosts behind it, so that one line tells of all of them. */
function bastionFailure(through: Target, error: unknown): unknown {
  if (!(error instanceof HostFailure) || error.kind === 'cancelled' || error.kind === 'bastion') return error
  const message = `${nameOf(through)} cannot be used: ${error.message}`
  return new HostFailure('bastion', 'connect', message, error.hint, error)
}

function orAborted<Value>(work: Promise<Value>, { name }: Target, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(name, 'connect'))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
