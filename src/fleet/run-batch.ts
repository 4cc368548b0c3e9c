import type { HostResult } from '../report/host-result.ts'
import { failureLimit } from './failure-limit.ts'
import { forEachHost } from './for-each-host.ts'
import { lostEarlier, notReached } from './not-reached.ts'
import type { HostJob } from './remedy-host.ts'
import { revisitHosts } from './revisit-hosts.ts'
import type { PlayJobs, RunPlan } from './run-plays.ts'

/** One batch of a play, and what it has to know of the others. */
export interface Batch {
  readonly play: PlayJobs
  readonly jobs: readonly HostJob[]
  readonly number: number
  readonly isLast: boolean
  /** Hosts that an earlier play failed on. */
  readonly lost: ReadonlySet<string>
}

/** How a batch ended: `stopped` says why no further host may be begun, or is null. */
export interface EndedBatch {
  readonly results: readonly HostResult[]
  readonly stopped: string | null
}

/**
 * Runs a batch to its end. As soon as more of its hosts have failed than may, no further one is begun, and
 * those under way finish. Where the play asks for it and another batch is to come, its hosts are then left
 * alone for a while and read again: what they have come to by then is what counts.
 */
export async function runBatch(batch: Batch, run: RunPlan): Promise<EndedBatch> {
  const { play, jobs, number, isLast, lost } = batch
  const { throttle, settleSeconds } = play.rollout
  const passed = new AbortController()
  // A dry run changes nothing that could go wrong.
  const { isDryRun } = run
  let limit = failureLimit(jobs.length, play.rollout)
  const note = (result: HostResult): HostResult => {
    if (limit.isPassedBy(result) && !isDryRun && !passed.signal.aborted) {
      passed.abort()
      run.executor.withdraw?.((job) => notReached(job, why(), run.stopping.reason))
    }
    run.onEvent({ kind: 'host_finished', result })
    return result
  }
  const why = (): string | null =>
    passed.signal.aborted ? `in batch ${number} of "${play.play}", ${limit.words()}` : null

  const results = await forEachHost(
    jobs,
    Math.min(run.forks, throttle ?? run.forks),
    AbortSignal.any([run.stopping, passed.signal]),
    async (job) => note(lost.has(job.label.host) ? lostEarlier(job) : await run.executor.remedy(job)),
    (job) => note(notReached(job, why(), run.stopping.reason)),
  )
  if (settleSeconds === 0 || isLast || isDryRun || why() !== null) return { results, stopped: why() }

  const settled = await revisitHosts(jobs, results, run, {
    play: play.play,
    reason: 'settle',
    afterSeconds: settleSeconds,
  })
  limit = failureLimit(jobs.length, play.rollout)
  for (const result of settled) if (limit.isPassedBy(result)) passed.abort()
  return { results: settled, stopped: why() }
}
