import { setMaxListeners } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Ask } from '../../ssh/ask.ts'
import { plainTarget } from '../../ssh/plain-target.ts'
import type { HostExecutor } from '../host-executor.ts'
import type { HostJob, Manner } from '../remedy-host.ts'
import { lostWithThread } from './lost-with-thread.ts'
import type { FromThread, PlainJob, ToThread } from './messages.ts'
import { ThreadPool } from './thread-pool.ts'

/** How the work is spread. */
export interface Spread {
  /** Threads, each with an event loop of its own. */
  readonly threads: number
  readonly ask: Ask | null
  /** Starts one; for tests. */
  readonly start?: (data: unknown) => Worker
}

/**
 * Does the work in threads beside this one, which keeps batches, limits, records and the report. Each host goes to the
 * thread with the fewest, or to the one that has its bastion. A thread that dies takes only its running hosts with
 * it: what may have been sent to them is told, and another thread takes its place.
 */
export function inThreads(manner: Manner, { threads, ask, start = startThread }: Spread): HostExecutor {
  const { mode, scope, allowed, who, signal, historyOf, peakCountOf, onStage, onPlanned } = manner
  const data = { mode, scope, allowed: [...allowed], who, canAsk: ask !== null }
  const pool = new ThreadPool(threads, () => start(data), {
    onMessage: (message, job, reply) => void answer(message, job, reply),
    onLost: lostWithThread,
  })
  setMaxListeners(0, signal)
  const onCut = (): void => pool.broadcast({ kind: 'cut' })
  signal.addEventListener('abort', onCut)

  async function answer(
    message: Exclude<FromThread, { kind: 'ended' }>,
    job: HostJob | null,
    reply: (message: ToThread) => void,
  ): Promise<void> {
    switch (message.kind) {
      case 'stage':
        onStage(message.host, message.stage)
        return
      case 'planned':
        if (job === null) return
        reply({
          kind: 'kept',
          id: message.id,
          isKept: await onPlanned(job.label, message.facts, message.changes),
        })
        return
      case 'question': {
        const text = await ask?.(message.question, signal).catch(() => null)
        reply({ kind: 'answer', id: message.id, text: text ?? null })
      }
    }
  }

  const plainJob = ({ label, target, remedy, confirmSeconds }: HostJob): PlainJob => ({
    label,
    target: plainTarget(target),
    spec: remedy.spec,
    history: historyOf(label.host),
    peakCount: peakCountOf(label.host),
    confirmSeconds,
  })
  return {
    remedy: (job) => pool.run(job, null, (id) => ({ kind: 'remedy', id, job: plainJob(job) })),
    revisit: (job, result, revisit) =>
      pool.run(job, result, (id) => ({ kind: 'revisit', id, job: plainJob(job), result, revisit })),
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', onCut)
      await pool.end()
    },
  }
}

function startThread(workerData: unknown): Worker {
  // The program's own report is the only one that writes to stdout.
  return new Worker(new URL('./host-thread.js', import.meta.url), {
    workerData,
    stdout: true,
    // A thread holds next to nothing for long; V8 would give it 48 MiB for what is new.
    resourceLimits: { maxYoungGenerationSizeMb: 12 },
  })
}
