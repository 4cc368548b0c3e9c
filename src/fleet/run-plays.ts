import type { HostResult } from '../report/host-result.ts'
import { forEachHost } from './for-each-host.ts'
import { skippedOutcome } from './host-outcome.ts'
import { type HostJob, type Manner, remedyHost } from './remedy-host.ts'
import type { RunEvent } from './run-event.ts'

/** A play made ready: each of its hosts with what is wished of it and the way in. */
export interface PlayJobs {
  readonly play: string
  readonly jobs: readonly HostJob[]
}

export interface RunPlan {
  readonly forks: number
  /** Once aborted, no further host is begun. */
  readonly stopping: AbortSignal
  readonly manner: Omit<Manner, 'onStage'>
  readonly onEvent: (event: RunEvent) => void
}

/**
 * Runs the plays one after the other and gives every host's result, in the order of the plays. As
 * with Ansible, a host that a play could not bring to its wish takes no part in the plays after it.
 */
export async function runPlays(plays: readonly PlayJobs[], run: RunPlan): Promise<readonly HostResult[]> {
  const results: HostResult[] = []
  const lost = new Set<string>()
  for (const { play, jobs } of plays) {
    run.onEvent({ kind: 'play_started', play, hosts: jobs.length })
    const manner: Manner = {
      ...run.manner,
      onStage: (host, stage) => run.onEvent({ kind: 'stage_reached', host, stage }),
    }
    const finish = (result: HostResult): HostResult => {
      run.onEvent({ kind: 'host_finished', result })
      return result
    }
    const ended = await forEachHost(
      jobs,
      run.forks,
      run.stopping,
      async (job) => finish(lost.has(job.label.host) ? lostEarlier(job) : await remedyHost(job, manner)),
      (job) => finish(notReached(job)),
    )
    for (const result of ended) results.push(result)
    for (const { host, status } of ended) if (!goesOn.has(status)) lost.add(host)
    run.onEvent({ kind: 'play_finished', play })
  }
  return results
}

const goesOn: ReadonlySet<HostResult['status']> = new Set(['ok', 'changed', 'pending'])

function lostEarlier({ label }: HostJob): HostResult {
  return skippedOutcome(label, {
    code: 'lost-in-earlier-play',
    severity: 'warning',
    message: 'left out: an earlier play did not bring this host to its wish',
    hint: 'Mend what that play reports, then run again.',
  })
}

function notReached({ label }: HostJob): HostResult {
  return skippedOutcome(label, {
    code: 'not-reached',
    severity: 'warning',
    message: 'not reached: the run was stopped before its turn',
    hint: 'Run again; hosts that are as wished are left alone.',
  })
}
