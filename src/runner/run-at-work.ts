import { inThisThread, type HostExecutor } from '../fleet/host-executor.ts'
import type { Label } from '../fleet/host-outcome.ts'
import type { Manner } from '../fleet/remedy-host.ts'
import { inThreads } from '../fleet/threads/in-threads.ts'
import type { JobMessage } from '../queue/messages.ts'
import { Bastions } from '../ssh/bastions.ts'

/** What a job has to do with its run while it is done. */
export interface Doing {
  readonly job: JobMessage
  readonly onStage: Manner['onStage']
  readonly onPlanned: Manner['onPlanned']
}

/** One run as far as this runner does it: the connections that its hosts share, and what cuts them. */
export class RunAtWork implements AsyncDisposable {
  readonly executor: HostExecutor
  readonly #cut = new AbortController()
  readonly #bastions = new Bastions({ random: Math.random, ask: null, keepOpen: true })
  /** By the label object, which is the job's own: a host that was given up may still be at work beside its successor. */
  readonly #doing = new Map<Label, Doing>()

  constructor({ mode, scope, allowed, who }: JobMessage['manner'], threads: number, signal: AbortSignal) {
    const named = (host: string): Doing | undefined =>
      [...this.#doing.values()].findLast(({ job }) => job.label.host === host)
    const manner: Manner = {
      ...{ mode, scope, who, allowed: new Set(allowed), bastions: this.#bastions },
      signal: AbortSignal.any([this.#cut.signal, signal]),
      historyOf: (host) => named(host)?.job.history ?? { earlier: null, points: [], nowSeconds: 0 },
      peakCountOf: (host) => named(host)?.job.peakCount ?? null,
      onStage: (host, stage) => named(host)?.onStage(host, stage),
      onPlanned: async (label, facts, changes) =>
        (await this.#doing.get(label)?.onPlanned(label, facts, changes)) ?? false,
    }
    this.executor = threads > 1 ? inThreads(manner, { threads, ask: null }) : inThisThread(manner)
  }

  get isIdle(): boolean {
    return this.#doing.size === 0
  }

  cut(): void {
    this.#cut.abort()
  }

  /** While `work` goes on, what is asked about that label goes to `doing`. */
  async during<Result>(label: Label, doing: Doing, work: () => Promise<Result>): Promise<Result> {
    this.#doing.set(label, doing)
    try {
      return await work()
    } finally {
      this.#doing.delete(label)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.executor[Symbol.asyncDispose]()
    await this.#bastions[Symbol.asyncDispose]()
  }
}
