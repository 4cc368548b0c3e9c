import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../problem.ts'
import type { Command } from '../report/host-result.ts'
import { readEnd } from './read-record.ts'
import type { RunEnd, RunStart } from './record-entry.ts'
import { runIdPattern } from './run-id.ts'
import { systemWords } from '../system-words.ts'

/** A past run, as a list shows it. */
export interface ListedRun {
  readonly run: string
  readonly folder: string
  /** Null when its record cannot be read; without `finished` when it did not come to its end. */
  readonly known: (RunStart & Partial<RunEnd>) | null
}

/** The newest runs that have a record, the newest first, and how many older ones there are. */
export async function listRuns(
  stateFolder: string,
  most = Infinity,
): Promise<{ runs: ListedRun[]; older: number }> {
  const ids = await runIds(stateFolder)
  const runs: ListedRun[] = []
  for (const run of ids.slice(0, most)) {
    const folder = join(stateFolder, 'runs', run)
    runs.push({ run, folder, known: await readEnd(folder) })
  }
  return { runs, older: ids.length - runs.length }
}

/** The folder of the newest run of a command. Throws UsageError when there is none. */
export async function findLast(stateFolder: string, command: Command): Promise<string> {
  for (const id of await runIds(stateFolder)) {
    const folder = join(stateFolder, 'runs', id)
    const known = await readEnd(folder)
    if (known?.command === command) return folder
  }
  throw new UsageError(
    `no ${command} has a record in ${stateFolder}; \`conntrackctl runs\` lists those there are`,
  )
}

/**
 * The folder of the run that `word` names: its id, the start or the end of it, or `last`. Throws UsageError when
 * there is none, or several.
 */
export async function findRun(stateFolder: string, word: string): Promise<string> {
  const ids = await runIds(stateFolder)
  const found =
    word === 'last' ? ids.slice(0, 1) : ids.filter((id) => id.startsWith(word) || id.endsWith(word))
  const [only] = found
  if (only !== undefined && found.length === 1) return join(stateFolder, 'runs', only)
  if (word === 'last' && only === undefined)
    throw new UsageError(`there is no record of any run in ${stateFolder}; --state-dir names another folder`)
  throw new UsageError(
    only === undefined
      ? `no run \`${word}\` has a record in ${stateFolder}; \`conntrackctl runs\` lists them`
      : `\`${word}\` names ${found.length} runs, from ${found.at(-1)} to ${only}; give more of the id`,
  )
}

async function runIds(stateFolder: string): Promise<string[]> {
  try {
    const names = await readdir(join(stateFolder, 'runs'))
    return names
      .filter((name) => runIdPattern.test(name))
      .toSorted()
      .toReversed()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new UsageError(
      `the records in ${stateFolder} cannot be read: ${systemWords(error)}; name their folder with --state-dir`,
      { cause: error },
    )
  }
}
