import { type JobBoard } from './job-board.ts'
import { lostWithRunner } from './lost-with-runner.ts'

/** What the watch sees and does; none of it needs a Redis. */
export interface WatchParts {
  readonly board: Pick<
    JobBoard,
    'holders' | 'heldZones' | 'waitingZones' | 'runnerLost' | 'postAgain' | 'withdraw' | 'giveUp'
  >
  readonly timeoutSeconds: number
  /** Tells that this run is there, with a write that fails as every other would. */
  readonly beat: () => Promise<void>
  /** Tells so without asking for memory. */
  readonly keepAlive: () => Promise<void>
  readonly isReady: () => boolean
  readonly presentOf: (runners: readonly string[]) => Promise<ReadonlySet<string>>
  readonly hasRunners: (zone: string) => Promise<boolean>
  /** ms, of a clock that is never set. */
  readonly now: () => number
  readonly warn: (text: string) => void
}

/** Seconds that Redis may be away before the run is given up. */
const queuePatienceSeconds = 120
/** Seconds after which a question that Redis has not answered is trouble. */
const answerSeconds = 5
/** Seconds for which somebody whose word does not count is held to be still there. */
const strangerSeconds = 10
/** Seconds that hosts have to end in once their connections are to be cut. */
const cutSeconds = 15

/**
 * Sees who is still there. Goes by what this process sees pass on its own clock, so nobody's time of day matters; and
 * while Redis is away nobody is silent, as nobody could be heard.
 */
export class Watch {
  readonly #parts: WatchParts
  readonly #heardAt = new Map<string, number>()
  readonly #servedAt = new Map<string, number>()
  #stranger: { readonly why: string; readonly at: number } | null = null
  #troubleSince: number | null = null
  #cutAt: number | null = null
  #lookedAt: number | null = null

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  heardOf(runner: string): void {
    this.#heardAt.set(runner, this.#parts.now())
  }

  /** Somebody asked whose word does not count here: it may be the only one who serves a zone. */
  heardStranger(why: string): void {
    this.#stranger = { why, at: this.#parts.now() }
  }

  /** All connections have been told to be cut: who says nothing by then is lost. */
  cut(): void {
    this.#cutAt = this.#parts.now()
  }

  /** To be called every second or two. Never throws. */
  async tick(): Promise<void> {
    if (this.#lookedAt !== null) {
      // A Redis that is frozen, or behind a wall that swallows everything, refuses nothing.
      if (this.#parts.now() - this.#lookedAt > answerSeconds * 1000) this.#trouble('it does not answer')
      this.#checkPatience()
      return
    }
    this.#lookedAt = this.#parts.now()
    try {
      await this.#look()
    } finally {
      this.#lookedAt = null
    }
  }

  async #look(): Promise<void> {
    const { board, now, isReady, beat, keepAlive, presentOf } = this.#parts
    this.#checkPatience()
    if (!isReady()) {
      this.#trouble('it is away')
      return
    }
    try {
      await beat()
    } catch (error) {
      await keepAlive().catch(() => {})
      this.#trouble(error instanceof Error ? error.message : String(error))
      return
    }
    try {
      if (this.#troubleSince !== null) this.#forgive()
      const holders = [...board.holders]
      const present = await presentOf(holders)
      for (const runner of holders) this.#checkRunner(runner, present.has(runner))
      for (const zone of board.waitingZones) await this.#checkZone(zone)
      board.postAgain(now())
    } catch (error) {
      this.#trouble(error instanceof Error ? error.message : String(error))
    }
  }

  #checkRunner(runner: string, isPresent: boolean): void {
    const { board, now, timeoutSeconds, warn } = this.#parts
    const heardAt = this.#heardAt.get(runner)
    if (isPresent || heardAt === undefined) this.#heardAt.set(runner, now())
    else if (now() - heardAt > timeoutSeconds * 1000) {
      warn(`nothing was heard of the runner ${runner} for ${timeoutSeconds} s: it counts as lost`)
      const message = `the runner ${runner} that worked on this host was not heard of for ${timeoutSeconds} s`
      board.runnerLost(
        runner,
        { kind: 'runner', message, hint: 'See what became of the runner, then run again.' },
        now(),
      )
    }
  }

  async #checkZone(zone: string): Promise<void> {
    const { board, now, timeoutSeconds, hasRunners } = this.#parts
    const servedAt = this.#servedAt.get(zone)
    const stranger =
      this.#stranger !== null &&
      now() - this.#stranger.at < strangerSeconds * 1000 &&
      !board.heldZones.has(zone)
        ? this.#stranger.why
        : null
    if (servedAt === undefined || (stranger === null && (await hasRunners(zone))))
      this.#servedAt.set(zone, now())
    else if (now() - servedAt > timeoutSeconds * 1000) {
      const loss = noRunner(zone, timeoutSeconds, stranger)
      board.withdraw((job, known) => lostWithRunner(job, known, false, loss), zone)
    }
  }

  #checkPatience(): void {
    const { board, now } = this.#parts
    if (this.#cutAt !== null && now() - this.#cutAt > cutSeconds * 1000)
      board.giveUp({
        kind: 'cancelled',
        message: `the run was cut, and its runner did not say within ${cutSeconds} s how this host ended`,
        hint: 'Run again to finish the job.',
      })
    else if (this.#troubleSince !== null && now() - this.#troubleSince > queuePatienceSeconds * 1000)
      board.giveUp({
        kind: 'queue',
        message: `the queue could not be used for ${queuePatienceSeconds} s, so nobody could tell how this host ended`,
        hint: 'Mend Redis, then run again.',
      })
  }

  #trouble(why: string): void {
    if (this.#troubleSince === null) this.#parts.warn(`the queue cannot be used now: ${why}; waiting for it`)
    this.#troubleSince ??= this.#parts.now()
  }

  /** Nobody could be heard meanwhile. */
  #forgive(): void {
    const { now, warn } = this.#parts
    this.#troubleSince = null
    for (const seen of [this.#heardAt, this.#servedAt]) for (const key of seen.keys()) seen.set(key, now())
    warn('the queue can be used again')
  }
}

function noRunner(
  zone: string,
  seconds: number,
  stranger: string | null,
): Parameters<typeof lostWithRunner>[3] {
  const message = `no runner was at work in the zone ${zone} for ${seconds} s`
  return stranger === null
    ? { kind: 'runner', message, hint: 'Start one there, then run again.' }
    : {
        kind: 'runner',
        message: `${message} that is trusted; of what somebody said there: ${stranger}`,
        hint: 'Where that is your runner, put its public key into the file of --trust, then run again.',
      }
}
