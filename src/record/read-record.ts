import { open, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type * as z from 'zod'
import { InputError, UsageError } from '../problem.ts'
import { countStatuses, type HostResult, type RunResult } from '../report/host-result.ts'
import { runResultSchema } from '../report/result-schema.ts'
import { recordLineSchema, runFileSchema, type RunEnd, type RunStart } from './record-entry.ts'
import { recordFiles } from './run-record.ts'
import { systemWords } from '../system-words.ts'

/** What is known of a past run. */
export interface RecordedRun {
  readonly start: RunStart
  /**
   * As it was reported; for a run that did not come to its end, what its journal tells: hosts that were about to be
   * changed and never heard of again are `unknown`, with the changes that had been planned.
   */
  readonly result: RunResult
  /** False for a run that did not come to its end. */
  readonly isComplete: boolean
}

/**
 * Reads the record of a run from its folder, also of one that was cut off at any point. Throws InputError when the
 * folder holds no run, UsageError when it may not be read.
 */
export async function readRecord(folder: string): Promise<RecordedRun> {
  const run = await readJson(join(folder, recordFiles.run), runFileSchema)
  if (run === null)
    throw new InputError([
      {
        file: join(folder, recordFiles.run),
        what: `the run ${basename(folder)} has no readable record`,
        remedy: 'it ended before any host was contacted, or the file was damaged since',
      },
    ])
  const { finished: _finished, totals: _totals, ...start } = run
  const result = await readJson(join(folder, recordFiles.result), runResultSchema)
  if (result !== null) return { start, result, isComplete: true }
  return { start, result: await readJournal(start, join(folder, recordFiles.journal)), isComplete: false }
}

/** How a run ended, without reading the result of every host if that can be avoided; null when it did not. */
export async function readEnd(folder: string): Promise<(RunStart & Partial<RunEnd>) | null> {
  const run = await readJson(join(folder, recordFiles.run), runFileSchema)
  if (run === null || run.totals !== undefined) return run
  const result = await readJson(join(folder, recordFiles.result), runResultSchema)
  return result === null ? run : { ...run, finished: result.finished, totals: result.totals }
}

async function readJournal(start: RunStart, path: string): Promise<RunResult> {
  const hosts = new Map<string, HostResult>()
  let finished = start.started
  let damaged = 0
  for await (const line of linesOf(path)) {
    const entry = parseJson(line, recordLineSchema)
    if (entry === null) damaged += line === '' ? 0 : 1
    else {
      finished = entry.at
      const result = entry.kind === 'finished' ? entry.result : unknownHost(entry)
      hosts.set(JSON.stringify([result.play, result.host]), result)
    }
  }
  const results = [...hosts.values()]
  const { version, run, command, playbook, started } = start
  const notes = [
    'this run did not come to its end: hosts that were not reached are missing here',
    ...(damaged === 0
      ? []
      : [`${damaged} ${damaged === 1 ? 'line' : 'lines'} of its journal cannot be read`]),
  ]
  return {
    version,
    run,
    command,
    playbook,
    started,
    finished,
    hosts: results,
    totals: countStatuses(results),
    notes,
  }
}

function unknownHost(planned: Extract<z.output<typeof recordLineSchema>, { kind: 'planned' }>): HostResult {
  const { host, play, facts, changes } = planned
  return {
    host,
    play,
    status: 'unknown',
    facts,
    changes: changes.map((change) => ({ ...change, state: 'planned' })),
    findings: [],
    error: {
      kind: 'cancelled',
      stage: 'apply',
      message: 'conntrackctl ended while this host was being changed',
      hint: 'Run verify to see how far it got; running apply again is safe.',
    },
  }
}

/** Lines of a file that may not be there; a last line without an end counts as well. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const handle = await open(path).catch(absent)
  if (handle === null) return
  // Closes the handle with the last line.
  yield* handle.readLines()
}

async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | null> {
  const text = await readFile(path, 'utf8').catch(absent)
  return text === null ? null : parseJson(text, schema)
}

function parseJson<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw new UsageError(`a record cannot be read: ${systemWords(error)}; see who owns the state folder`, {
    cause: error,
  })
}
