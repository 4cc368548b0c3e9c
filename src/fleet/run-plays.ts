import type { Rollout } from '../playbook/rollout.ts'
import type { HostResult } from '../report/host-result.ts'
import type { HostExecutor } from './host-executor.ts'
import { notReached } from './not-reached.ts'
import { orderHosts } from './order-hosts.ts'
import type { HostJob } from './remedy-host.ts'
import { revisitHosts } from './revisit-hosts.ts'
import { runBatch } from './run-batch.ts'
import type { RunEvent } from './run-event.ts'
import { splitBatches } from './split-batches.ts'

/** A play made ready: each of its hosts with what is wished of it and the way in. */
export interface PlayJobs {
  readonly play: string
  /** Null: what inventory and command line say. */
  readonly become: boolean | null
  readonly rollout: Rollout
  readonly jobs: readonly HostJob[]
  /** Hosts that are not to be contacted, and how that is told. */
  readonly leftOut?: readonly HostResult[]
}

export interface RunPlan {
  readonly forks: number
  /** Once aborted, no further host is begun. */
  readonly stopping: AbortSignal
  readonly executor: HostExecutor
  /** Nothing will be changed, so nothing has to be waited for. */
  readonly isDryRun: boolean
  readonly onEvent: (event: RunEvent) => void
  /** In [0, 1), for `order: shuffle`. */
  readonly random: () => number
}

/**
 * Runs the plays one after the other, each batch by batch, and gives every host's result in the order in
 * which they were done. As with Ansible, a host that a play could not bring to its wish takes no part in
 * the plays after it. A batch in which too many hosts fail stops the run: what is behind it is skipped.
 */
export async function runPlays(plays: readonly PlayJobs[], run: RunPlan): Promise<readonly HostResult[]> {
  const results: HostResult[] = []
  const lost = new Set<string>()
  let stopped: string | null = null
  for (const play of plays) {
    run.onEvent({
      kind: 'play_started',
      play: play.play,
      hosts: play.jobs.length + (play.leftOut?.length ?? 0),
    })
    for (const result of play.leftOut ?? []) run.onEvent({ kind: 'host_finished', result })
    const ended = await runPlay(play, lost, stopped, run)
    stopped = ended.stopped
    for (const result of [...(play.leftOut ?? []), ...ended.results]) {
      results.push(result)
      if (!goesOn.has(result.status)) lost.add(result.host)
    }
    run.onEvent({ kind: 'play_finished', play: play.play })
  }
  return results
}

const goesOn: ReadonlySet<HostResult['status']> = new Set(['ok', 'changed', 'pending'])

async function runPlay(
  play: PlayJobs,
  lost: ReadonlySet<string>,
  stoppedBefore: string | null,
  run: RunPlan,
): Promise<{ readonly results: readonly HostResult[]; readonly stopped: string | null }> {
  const { order, serial, holdSeconds } = play.rollout
  const { isDryRun } = run
  const jobs = orderHosts(play.jobs, order, ({ label }) => label.host, run.random)
  // A dry run changes nothing that a later batch would have to wait for.
  const batches = splitBatches(jobs, isDryRun ? null : serial)
  const results: HostResult[] = []
  let stopped = stoppedBefore
  for (const [index, batch] of batches.entries()) {
    if (stopped !== null) {
      for (const job of batch) {
        const result = notReached(job, stopped, null)
        run.onEvent({ kind: 'host_finished', result })
        results.push(result)
      }
      continue
    }
    const number = index + 1
    if (batches.length > 1)
      run.onEvent({
        kind: 'batch_started',
        play: play.play,
        number,
        batches: batches.length,
        hosts: batch.length,
      })
    const ended = await runBatch({ play, jobs: batch, number, isLast: number === batches.length, lost }, run)
    for (const result of ended.results) results.push(result)
    stopped = ended.stopped
    if (number < batches.length) run.onEvent({ kind: 'gate', play: play.play, number, stopped })
  }
  if (holdSeconds === 0 || isDryRun) return { results, stopped }
  const hold = { play: play.play, reason: 'hold', afterSeconds: holdSeconds } as const
  return { results: await revisitHosts(jobs, results, run, hold), stopped }
}
