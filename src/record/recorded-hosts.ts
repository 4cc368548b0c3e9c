import { resolve } from 'node:path'
import { UsageError } from '../problem.ts'
import type { Command, Status } from '../report/host-result.ts'
import { findRun, listRuns } from './list-runs.ts'
import { readRecord } from './read-record.ts'
import { type RecordedGroup, recordedGroups } from './recorded-groups.ts'

/**
 * The hosts that ended so in a run, or in the last one of this playbook, or, where none is given, of any playbook.
 * `failed` are those that are not as wished, also where their turn never came, so that repeating it leaves fewer each time
 * and loses none.
 *
 * Throws UsageError when there is no such run, or when it was cut off, so that not all of its hosts are known.
 */
export async function recordedHosts(
  stateFolder: string,
  { group, run }: { readonly group: RecordedGroup; readonly run: string | null },
  playbook: { readonly path: string; readonly cwd: string } | null,
): Promise<readonly string[]> {
  const folder = run === null ? await lastOf(stateFolder, playbook) : await findRun(stateFolder, run)
  const { start, result, isComplete } = await readRecord(folder)
  if (!isComplete && group === 'failed')
    throw new UsageError(
      `run ${start.run} did not come to its end, so the hosts that it never reached are not known; run the playbook on all of them`,
    )
  const wanted: readonly Status[] = recordedGroups[group]
  return [...new Set(result.hosts.filter(({ status }) => wanted.includes(status)).map(({ host }) => host))]
}

/** Of a look at hosts nobody wants the hosts again that an earlier look could not reach. */
const ofPlaybooks: readonly Command[] = ['plan', 'apply', 'verify']

async function lastOf(
  stateFolder: string,
  playbook: { readonly path: string; readonly cwd: string } | null,
): Promise<string> {
  const { runs } = await listRuns(stateFolder)
  const found = runs.find(({ known }) => {
    if (known === null) return false
    if (playbook === null) return ofPlaybooks.includes(known.command)
    const { path, cwd } = playbook
    return known.command !== 'rollback' && resolve(known.cwd ?? cwd, known.playbook) === resolve(cwd, path)
  })
  if (found !== undefined) return found.folder
  throw new UsageError(
    `no run of ${playbook?.path ?? 'a playbook'} has a record in ${stateFolder}; name one: @failed@RUN`,
  )
}
