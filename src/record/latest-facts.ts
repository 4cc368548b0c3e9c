import type { EarlierFacts } from '../plan/symptoms.ts'
import { listRuns } from './list-runs.ts'
import { readRecord } from './read-record.ts'

/** Records to look through, newest first; a host that none of them has was not looked after lately. */
const mostRuns = 5

/** What the newest record that has a host says of it, by host. Records that cannot be read are left out. */
export async function latestFacts(stateFolder: string): Promise<ReadonlyMap<string, EarlierFacts>> {
  const latest = new Map<string, EarlierFacts>()
  const { runs } = await listRuns(stateFolder, mostRuns)
  for (const { run, folder } of runs) {
    const record = await readRecord(folder).catch(() => null)
    for (const { host, facts } of record?.result.hosts ?? [])
      if (facts?.boot_id !== undefined && facts.statistics !== undefined && !latest.has(host))
        latest.set(host, { run, bootId: facts.boot_id, statistics: facts.statistics })
  }
  return latest
}
