import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../problem.ts'
import type { RunResult } from '../report/host-result.ts'
import { jsonText } from '../report/json-text.ts'
import { jsonPieces } from '../report/json.ts'
import { syncFolder, writeAtomically } from './atomic-write.ts'
import { openJournal } from './journal.ts'
import { makeFolder } from './make-folder.ts'
import type { RecordEntry, RunEnd, RunStart } from './record-entry.ts'

/** Names of the files in a run's folder. */
export const recordFiles = { run: 'run.json', journal: 'journal.jsonl', result: 'result.json' } as const

/**
 * The record of a run that is going on, in a folder of its own. Disposing of it without a result leaves it as the
 * record of a run that did not come to its end.
 */
export interface RunRecord extends AsyncDisposable {
  readonly folder: string
  /**
   * Keeps what happened to a host. Resolves when it would outlive this program. Never throws: a record that
   * cannot be kept any longer does not stop a run, `close` tells of it. Gives false when it was not kept.
   */
  append(entry: RecordEntry): Promise<boolean>
  /**
   * Keeps the result and ends the record. Gives the result back, with a note where the record is incomplete.
   */
  close(result: RunResult): Promise<RunResult>
}

/**
 * Begins the record of a run: `runs/<id>/` under the state folder, for its owner's eyes only. Throws UsageError when
 * nothing can be kept there: no host has been contacted then.
 */
export async function openRecord(stateFolder: string, start: RunStart, now: () => Date): Promise<RunRecord> {
  const folder = join(stateFolder, 'runs', start.run)
  const journal = await attempt(stateFolder, async () => {
    await makeFolder(join(stateFolder, 'runs'))
    await mkdir(folder, { mode: 0o700 })
    await writeRunFile(folder, start)
    const opened = await openJournal(join(folder, recordFiles.journal))
    await syncFolder(folder)
    await syncFolder(join(stateFolder, 'runs'))
    return opened
  })

  return {
    folder,
    [Symbol.asyncDispose]: () => journal.close(),
    append: async (entry) => {
      await journal.append(jsonText({ ...entry, at: now().toISOString() }))
      return journal.problem === null
    },
    close: async (result) => {
      await journal.close()
      const noted = journal.problem === null ? result : withNote(result, stateFolder, journal.problem)
      try {
        await writeAtomically(join(folder, recordFiles.result), jsonPieces(noted), 0o600)
        await writeRunFile(folder, start, { finished: result.finished, totals: result.totals })
        return noted
      } catch (error) {
        return journal.problem === null ? withNote(result, stateFolder, error) : noted
      }
    },
  }
}

async function writeRunFile(folder: string, start: RunStart, end?: RunEnd): Promise<void> {
  await writeAtomically(join(folder, recordFiles.run), `${jsonText({ ...start, ...end })}\n`, 0o600)
}

function withNote(result: RunResult, stateFolder: string, error: unknown): RunResult {
  const note = `the record of this run is incomplete: ${explain(stateFolder, error)}`
  return { ...result, notes: [...(result.notes ?? []), note] }
}

async function attempt<T>(stateFolder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new UsageError(
      `no record of this run can be kept: ${explain(stateFolder, error)}. Name another folder with --state-dir or CONNTRACKCTL_STATE_DIR.`,
      { cause: error },
    )
  }
}

/** The system's error in the operator's words, with the place. */
function explain(stateFolder: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words: Readonly<Record<string, string>> = {
    ENOSPC: 'no space left on the device of',
    EDQUOT: 'the disk quota is used up for',
    EROFS: 'the file system is read-only under',
    EACCES: 'no permission to write in',
    EPERM: 'no permission to write in',
    EEXIST: 'a run of the same name has a record already in',
    ENOTDIR: 'a file stands where a folder is needed in',
    EIO: 'the disk reports an error under',
  }
  const detail = error instanceof Error ? error.message : String(error)
  return words[code] === undefined ? `${stateFolder}: ${detail}` : `${words[code]} ${stateFolder}`
}
