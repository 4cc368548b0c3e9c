import type { HostResult } from '../report/host-result.ts'
import { forEachHost } from './for-each-host.ts'
import { pause } from './pause.ts'
import type { HostJob } from './remedy-host.ts'
import type { Revisit } from './revisit-host.ts'
import type { RunPlan } from './run-plays.ts'

/**
 * Waits, then reads those hosts again that stand as wished, and gives the results of all anew. A run
 * that is stopped meanwhile waits no longer and reads nothing: its results stay.
 */
export async function revisitHosts(
  jobs: readonly HostJob[],
  results: readonly HostResult[],
  run: RunPlan,
  revisit: Revisit & { readonly play: string },
): Promise<readonly HostResult[]> {
  const pairs = results.map((result, index) => ({ result, job: jobs[index] }))
  const hosts = results.filter(isDue).length
  if (hosts === 0) return results
  run.onEvent({ kind: 'waiting', play: revisit.play, seconds: revisit.afterSeconds, hosts })
  if (!(await pause(revisit.afterSeconds, run.stopping))) return results
  return forEachHost(
    pairs,
    run.forks,
    run.stopping,
    async ({ job, result }) => {
      if (job === undefined || !isDue(result)) return result
      const revised = await run.executor.revisit(job, result, revisit)
      run.onEvent({ kind: 'host_revised', result: revised, before: result.status })
      return revised
    },
    ({ result }) => result,
  )
}

function isDue({ status }: HostResult): boolean {
  return status === 'ok' || status === 'changed'
}
