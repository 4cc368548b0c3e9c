import { listRuns } from './list-runs.ts'
import { readRecord } from './read-record.ts'

/** Records to look through, newest first: a peak of long ago says little of today. */
const mostRuns = 100

/** The highest count of each host in the records of past runs. Records that cannot be read are left out. */
export async function highestCounts(stateFolder: string): Promise<ReadonlyMap<string, number>> {
  const highest = new Map<string, number>()
  const { runs } = await listRuns(stateFolder, mostRuns)
  for (const { folder } of runs) {
    const record = await readRecord(folder).catch(() => null)
    for (const { host, facts } of record?.result.hosts ?? [])
      if (facts?.count !== null && facts?.count !== undefined)
        highest.set(host, Math.max(facts.count, highest.get(host) ?? 0))
  }
  return highest
}
