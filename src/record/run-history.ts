import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from '../report/host-result.ts'
import { listRuns } from './list-runs.ts'
import { readRecord } from './read-record.ts'
import { recordFiles } from './run-record.ts'

/** Records to read at most, however few hosts they have. */
const mostRuns = 40
/** Records to read at most, however many hosts they have: 64 MiB take some seconds. */
const mostBytes = 64 * 1024 * 1024

/**
 * The results of past runs up to `last` and with it, the oldest first. As many of the newest as can be read in a few
 * seconds; those that cannot be read are left out.
 */
export async function runHistory(stateFolder: string, last: RunResult): Promise<readonly RunResult[]> {
  const { runs } = await listRuns(stateFolder)
  const earlier = runs.filter(({ run }) => run < last.run).slice(0, mostRuns - 1)
  const results = [last]
  let bytes = 0
  for (const { folder } of earlier) {
    bytes += await sizeOf(join(folder, recordFiles.result))
    if (bytes > mostBytes) break
    const record = await readRecord(folder).catch(() => null)
    if (record !== null && record.result.hosts.length > 0) results.push(record.result)
  }
  return results.toReversed()
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  return found?.size ?? 0
}
