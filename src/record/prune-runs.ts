import { rm } from 'node:fs/promises'
import { listRuns } from './list-runs.ts'

/** Which records to keep: the newest so many, or those that began within so many days. */
export type Keep = { readonly runs: number } | { readonly days: number }

/**
 * Removes older records, and gives how many; the newest one always stays. A record that cannot be removed
 * stays as well: it is tried again after the next run.
 */
export async function pruneRuns(stateFolder: string, keep: Keep, now: Date): Promise<number> {
  const { runs } = await listRuns(stateFolder)
  const oldest = 'days' in keep ? startOf(new Date(now.getTime() - keep.days * 86_400_000)) : ''
  const due = runs.filter(
    ({ run }, index) => index > 0 && ('runs' in keep ? index >= keep.runs : run < oldest),
  )
  let removed = 0
  for (const { folder } of due)
    removed += await rm(folder, { recursive: true }).then(
      () => 1,
      () => 0,
    )
  return removed
}

/** As run ids begin, which sort by time. */
function startOf(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}
