import type { Worker } from 'node:worker_threads'
import type { HostResult } from '../../report/host-result.ts'
import type { Target } from '../../ssh/target.ts'
import type { HostJob } from '../remedy-host.ts'
import type { Known } from './lost-with-thread.ts'
import type { FromThread, ToThread } from './messages.ts'

/** Seconds that a thread has to close its connections in. */
const goodbyeSeconds = 5

interface Running {
  readonly job: HostJob
  known: Known
  readonly settle: (result: HostResult) => void
}

interface Thread {
  readonly worker: Worker
  readonly running: Map<number, Running>
}

export interface PoolEvents {
  readonly onMessage: (
    message: Exclude<FromThread, { kind: 'ended' }>,
    job: HostJob | null,
    reply: (message: ToThread) => void,
  ) => void
  /** The result of a host whose thread died. */
  readonly onLost: (job: HostJob, why: string, known: Known) => HostResult
}

/** Threads that are started when there is work for them, and replaced when they die. */
export class ThreadPool {
  readonly #threads: (Thread | null)[]
  readonly #start: () => Worker
  readonly #events: PoolEvents
  #lastId = 0
  #isCut = false

  constructor(size: number, start: () => Worker, events: PoolEvents) {
    this.#threads = Array.from({ length: size }, () => null)
    this.#start = start
    this.#events = events
  }

  /** Hands a job to a thread; `earlier` is the result that the host has already, if it has one. */
  run(job: HostJob, earlier: HostResult | null, messageFor: (id: number) => ToThread): Promise<HostResult> {
    const thread = this.#threadFor(job.target)
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((settle) => {
      thread.running.set(id, { job, known: { planned: null, earlier }, settle })
      thread.worker.postMessage(messageFor(id))
    })
  }

  broadcast(message: ToThread): void {
    if (message.kind === 'cut') this.#isCut = true
    for (const thread of this.#threads) thread?.worker.postMessage(message)
  }

  /** Lets every thread close its connections, and waits for it. */
  async end(): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread, index) => {
        if (thread === null) return
        this.#threads[index] = null
        const { worker } = thread
        const gone = new Promise((resolve) => worker.once('exit', resolve))
        const timer = setTimeout(() => void worker.terminate(), goodbyeSeconds * 1000)
        worker.postMessage({ kind: 'end' } satisfies ToThread)
        await gone
        clearTimeout(timer)
      }),
    )
  }

  #threadFor({ route }: Target): Thread {
    let index = 0
    if (route.kind === 'jump') index = slotOf(route.through, this.#threads.length)
    else
      for (const [slot, thread] of this.#threads.entries())
        if ((thread?.running.size ?? 0) < (this.#threads[index]?.running.size ?? 0)) index = slot
    const thread = this.#threads[index] ?? this.#begin(index)
    this.#threads[index] = thread
    return thread
  }

  #begin(index: number): Thread {
    const thread: Thread = { worker: this.#start(), running: new Map() }
    const { worker, running } = thread
    let why = 'it was ended'
    worker.on('message', (message: FromThread) => this.#receive(thread, message))
    worker.on('error', (error) => {
      why = error instanceof Error ? error.message : String(error)
    })
    worker.once('exit', () => {
      if (this.#threads[index] === thread) this.#threads[index] = null
      for (const { job, known, settle } of running.values()) settle(this.#events.onLost(job, why, known))
      running.clear()
    })
    if (this.#isCut) worker.postMessage({ kind: 'cut' } satisfies ToThread)
    return thread
  }

  #receive({ worker, running }: Thread, message: FromThread): void {
    const found = 'id' in message ? running.get(message.id) : undefined
    if (message.kind === 'ended') {
      running.delete(message.id)
      found?.settle(message.result)
      return
    }
    if (message.kind === 'planned' && found !== undefined)
      found.known = { ...found.known, planned: { facts: message.facts, changes: message.changes } }
    this.#events.onMessage(message, found?.job ?? null, (reply) => worker.postMessage(reply))
  }
}

/** The same bastion always leads to the same thread, which is logged in there already. */
function slotOf({ user, address, port, route }: Target, slots: number): number {
  let hash = 0
  for (const unit of `${user}@${address}:${port} ${route.kind}`)
    hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) % 1_000_003
  return hash % slots
}
