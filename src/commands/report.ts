import { resolve } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../problem.ts'
import { writeAtomically } from '../record/atomic-write.ts'
import { findRun } from '../record/list-runs.ts'
import { type RecordedRun, readRecord } from '../record/read-record.ts'
import { runHistory } from '../record/run-history.ts'
import { stateFolder, type StateFolderContext } from '../record/state-folder.ts'
import { renderHtml } from '../report/html/render-html.ts'
import { jsonPieces } from '../report/json.ts'
import { junitPieces } from '../report/junit.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { renderPrometheus } from '../report/prometheus.ts'
import { textStyle } from '../report/text-style.ts'
import { renderResult } from '../report/render-result.ts'
import type { Context } from './context.ts'
import type { ReportFormat } from './report-formats.ts'
import { systemWords } from '../system-words.ts'

export interface ReportOptions {
  readonly format: ReportFormat
  /** Where to write it; absent: to stdout. */
  readonly out?: string
  readonly stateDir?: string
  readonly verbose: number
  readonly diff?: boolean
}

type ReportContext = StateFolderContext & {
  readonly stdout: Pick<Context['stdout'], 'write' | 'isTty' | 'hasColor' | 'columns'>
  readonly stderr: Pick<Context['stderr'], 'write'>
}

/** What serves or shows a report runs as another user, as a rule. */
const readableByAll = 0o644

/**
 * `conntrackctl report RUN`: a past run for people and other programs, also one that was cut off. A file is written
 * whole or not at all. Gives the exit status, which is that of the showing and not of the run. Throws UsageError,
 * InputError.
 */
export async function reportCommand(
  run: string,
  options: ReportOptions,
  context: ReportContext,
): Promise<number> {
  const state = stateFolder(options.stateDir, context)
  const record = await readRecord(await findRun(state, run))
  const pieces = await render(record, state, options, context)
  if (options.out === undefined) {
    for (const piece of pieces) context.stdout.write(piece)
    return exitCodes.as_desired.code
  }
  const path = resolve(context.cwd, options.out)
  try {
    await writeAtomically(path, pieces, readableByAll)
  } catch (error) {
    throw new UsageError(
      `the report cannot be written to ${options.out}: ${systemWords(error)}; name a file in a folder that is there and may be written`,
      { cause: error },
    )
  }
  if (options.format === 'prometheus' && !path.endsWith('.prom'))
    context.stderr.write(
      `conntrackctl: node_exporter reads only files that end in .prom, not ${options.out}\n`,
    )
  return exitCodes.as_desired.code
}

async function render(
  { result, isComplete, start }: RecordedRun,
  state: string,
  options: ReportOptions,
  { stdout }: ReportContext,
): Promise<Iterable<string>> {
  switch (options.format) {
    case 'text': {
      const sink = options.out === undefined ? stdout : { isTty: false, hasColor: false, columns: 80 }
      return [renderResult(result, textStyle(options, sink))]
    }
    case 'json':
      return jsonPieces(result)
    case 'junit':
      return junitPieces(result)
    case 'markdown':
      return [renderMarkdown(result)]
    case 'prometheus':
      return [renderPrometheus(result, isComplete)]
    case 'html': {
      const { user, host } = start.controller
      const history = await runHistory(state, result)
      return [renderHtml({ result, isComplete, history, by: `${user}@${host}`, words: start.arguments })]
    }
  }
}
