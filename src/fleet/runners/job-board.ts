import type { HostResult } from '../../report/host-result.ts'
import type { QuestionHead, Speaker, ToCoordinator } from '../../queue/messages.ts'
import { hashOf } from '../../queue/signed-text.ts'
import type { HostJob } from '../remedy-host.ts'
import type { Known } from '../threads/lost-with-thread.ts'
import type { BoardEvents, Work } from './board-events.ts'
import { claimedWithoutLeave, type Loss, lostWithRunner } from './lost-with-runner.ts'

interface Holder {
  readonly runner: string
  readonly fingerprint: string
  readonly nonce: string
}

interface Entry {
  readonly work: Work
  readonly number: number
  id: string
  sealed: string
  hash: string
  tries: number
  /** When it was last posted, ms. */
  postedAt: number
  holder: Holder | null
  known: Known
  /** By the hash of each plan that was asked about. */
  readonly plans: Map<string, Promise<boolean>>
  isPermitted: boolean
  readonly settle: (result: HostResult) => void
}

/** How often a host whose runner was lost before it might change anything is given to another. */
const mostTries = 3
/** A job that nobody has begun is posted again after so many ms: Redis, or a runner, may have lost it. */
const postAgainMs = 5000

/**
 * The jobs of one run that are out with runners. It lets one runner begin a job, once, and change the host, once; what
 * anybody says who does not hold the job counts for nothing. Knows no Redis and no clock.
 */
export class JobBoard {
  readonly #run: string
  readonly #version: string
  readonly #events: BoardEvents
  readonly #entries = new Map<string, Entry>()
  #lastNumber = 0
  #ended: Loss | null = null
  #isStopped = false

  /** `version` is the coordinator's, for messages. */
  constructor(run: string, version: string, events: BoardEvents) {
    this.#run = run
    this.#version = version
    this.#events = events
  }

  /** The runners that hold jobs. */
  get holders(): ReadonlySet<string> {
    return new Set([...this.#entries.values()].flatMap(({ holder }) => holder?.runner ?? []))
  }

  /** Zones in which jobs wait for a runner. */
  get waitingZones(): ReadonlySet<string> {
    return this.#zonesOf(({ holder }) => holder === null)
  }

  /** Zones in which a runner has a job. */
  get heldZones(): ReadonlySet<string> {
    return this.#zonesOf(({ holder }) => holder !== null)
  }

  add(work: Work, now: number): Promise<HostResult> {
    const known = { planned: null, earlier: work.revisit?.earlier ?? null }
    if (this.#ended !== null) return Promise.resolve(lostWithRunner(work.job, known, false, this.#ended))
    this.#lastNumber += 1
    const number = this.#lastNumber
    return new Promise((settle) => {
      const entry: Entry = {
        ...{ work, number, id: '', sealed: '', hash: '', tries: 0, postedAt: now, holder: null },
        ...{ known, plans: new Map(), isPermitted: false, settle },
      }
      this.#post(entry, now)
    })
  }

  receive(message: ToCoordinator, { fingerprint, zones }: Speaker, sealed: string): void {
    const entry = this.#entries.get(message.job)
    const { run, job, nonce } = message
    if (run !== this.#run) return
    // Whoever holds the key of one region has no say in another.
    const zone = entry === undefined ? '' : zoneOf(entry.work)
    const isHeard = zones === null || entry === undefined || zones.has(zone)
    const isHolder = entry?.holder?.nonce === nonce && entry.holder.fingerprint === fingerprint
    switch (message.kind) {
      case 'take':
        if (isHeard && entry !== undefined && entry.holder === null && entry.hash === message.hash)
          entry.holder = { runner: message.runner, fingerprint, nonce }
        else if (!isHolder) {
          if (!isHeard) this.#events.onStranger(message.runner, zone)
          this.#events.answer(message.runner, { kind: 'no', run, job, nonce })
          return
        }
        this.#events.answer(message.runner, { kind: 'go', run, job, nonce, hash: message.hash })
        return
      case 'refused':
        if (isHeard && entry?.holder === null)
          this.#lose(entry, {
            kind: 'runner',
            message: `the runner ${message.runner} is conntrackctl ${message.version}, this is ${this.#version}`,
            hint: 'Let coordinator and runners be of one version, then run again.',
          })
        return
      case 'stage':
        if (entry !== undefined && isHolder) this.#events.onStage(entry.work.job.label.host, message.stage)
        return
      case 'planned':
        if (entry !== undefined && isHolder) void this.#planned(entry, message, sealed)
        return
      case 'ended': {
        if (entry !== undefined && isHolder) {
          this.#entries.delete(entry.id)
          const result = { ...message.result, ...entry.work.job.label }
          const isClaim = result.status === 'changed' && !entry.isPermitted && entry.known.earlier === null
          entry.settle(isClaim ? claimedWithoutLeave(result, message.runner) : result)
        }
        this.#events.answer(message.runner, { kind: 'got', run, job, nonce })
      }
    }
  }

  /** What a runner asks cannot be read, so it is not allowed; nor is it waited for any longer where that was its end. */
  receiveUnreadable({ kind, run, job, nonce }: QuestionHead, { fingerprint }: Speaker, sealed: string): void {
    const entry = this.#entries.get(job)
    const holder = entry?.holder
    if (entry === undefined || holder?.nonce !== nonce || holder.fingerprint !== fingerprint) return
    if (kind === 'ended') {
      this.#lose(entry, {
        kind: 'runner',
        message: `what the runner ${holder.runner} told of this host is no result`,
        hint: 'Look at the host and at the runner, and leave it out with --limit until then.',
      })
      this.#events.answer(holder.runner, { kind: 'got', run, job, nonce })
    } else
      this.#events.answer(holder.runner, {
        kind: 'kept',
        run,
        job,
        nonce,
        plan: hashOf(sealed),
        isKept: false,
      })
  }

  /** A runner was not heard of for too long. */
  runnerLost(runner: string, loss: Loss, now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.holder?.runner !== runner) continue
      if (entry.isPermitted || entry.tries >= mostTries || this.#isStopped) this.#lose(entry, loss)
      // Its nonce has become worth nothing: even if it comes back, it changes nothing.
      else this.#post(entry, now)
    }
  }

  /** What nobody has begun is posted again, should it have been lost. */
  postAgain(now: number): void {
    for (const entry of this.#entries.values())
      if (entry.holder === null && now - entry.postedAt >= postAgainMs) {
        entry.postedAt = now
        this.#events.post(entry.work, entry.id, entry.sealed)
      }
  }

  /** From here on nothing is begun: those that nobody has begun end with what they have. */
  stop(resultOf: (job: HostJob) => HostResult): void {
    this.#isStopped = true
    this.withdraw((job, { earlier }) => earlier ?? resultOf(job))
  }

  /** Ends the jobs that nobody has begun, in all zones or one, with a result each. */
  withdraw(resultOf: (job: HostJob, known: Known) => HostResult, zone?: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.holder !== null || (zone !== undefined && zoneOf(entry.work) !== zone)) continue
      this.#entries.delete(entry.id)
      this.#events.withdraw(entry.work, entry.id)
      entry.settle(resultOf(entry.work.job, entry.known))
    }
  }

  /** Ends all jobs, and those that are still to come. */
  giveUp(loss: Loss): void {
    this.#ended = loss
    for (const entry of this.#entries.values()) this.#lose(entry, loss)
  }

  #zonesOf(isMeant: (entry: Entry) => boolean): ReadonlySet<string> {
    return new Set([...this.#entries.values()].filter(isMeant).map(({ work }) => zoneOf(work)))
  }

  #post(entry: Entry, now: number): void {
    this.#entries.delete(entry.id)
    entry.tries += 1
    entry.id = `${this.#run}.${entry.number}.${entry.tries}`
    entry.sealed = this.#events.seal(entry.work, entry.id)
    entry.hash = hashOf(entry.sealed)
    entry.holder = null
    entry.plans.clear()
    entry.postedAt = now
    this.#entries.set(entry.id, entry)
    this.#events.post(entry.work, entry.id, entry.sealed)
  }

  #lose(entry: Entry, loss: Loss): void {
    this.#entries.delete(entry.id)
    if (entry.holder === null) this.#events.withdraw(entry.work, entry.id)
    entry.settle(lostWithRunner(entry.work.job, entry.known, entry.isPermitted, loss))
  }

  async #planned(
    entry: Entry,
    { run, job, nonce, facts, changes }: Extract<ToCoordinator, { kind: 'planned' }>,
    sealed: string,
  ): Promise<void> {
    const plan = hashOf(sealed)
    const { holder } = entry
    const asked = entry.plans.get(plan) ?? this.#events.onPlanned(entry.work.job, { facts, changes })
    entry.plans.set(plan, asked)
    const isKept = await asked
    // It may have been given to another, or up, while that was written.
    if (holder === null || entry.holder !== holder || this.#entries.get(job) !== entry) return
    entry.known = { ...entry.known, planned: { facts, changes } }
    entry.isPermitted ||= isKept
    this.#events.answer(holder.runner, { kind: 'kept', run, job, nonce, plan, isKept })
  }
}

function zoneOf({ job }: Work): string {
  return job.errand?.zone ?? ''
}
