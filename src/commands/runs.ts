import { exitCodes } from '../exit-codes.ts'
import { findRun, listRuns } from '../record/list-runs.ts'
import { readRecord } from '../record/read-record.ts'
import { stateFolder, type StateFolderContext } from '../record/state-folder.ts'
import { jsonText } from '../report/json-text.ts'
import { renderJson } from '../report/json.ts'
import { renderRunList, runListData } from '../report/run-list.ts'
import { textStyle } from '../report/text-style.ts'
import { renderResult } from '../report/render-result.ts'
import type { Context } from './context.ts'

export interface RunsOptions {
  readonly stateDir?: string
  /** `text` or `json`. */
  readonly output: string
  readonly verbose: number
  readonly diff?: boolean
}

type RunsContext = StateFolderContext & {
  readonly stdout: Pick<Context['stdout'], 'write' | 'isTty' | 'hasColor' | 'columns'>
}

const mostListed = 20

/**
 * `conntrackctl runs [RUN]`: lists past runs, or shows the result of one again, also of one that was cut off. Gives
 * the exit status, which is that of the showing and not of the run. Throws UsageError, InputError.
 */
export async function runsCommand(
  run: string | undefined,
  options: RunsOptions,
  context: RunsContext,
): Promise<number> {
  const state = stateFolder(options.stateDir, context)
  const isJson = options.output === 'json'
  if (run === undefined) {
    const list = await listRuns(state, options.verbose > 0 || isJson ? Infinity : mostListed)
    if (isJson) context.stdout.write(`${jsonText(runListData(list.runs))}\n`)
    else
      context.stdout.write(list.runs.length === 0 ? `no run has a record in ${state}\n` : renderRunList(list))
    return exitCodes.as_desired.code
  }
  const { result } = await readRecord(await findRun(state, run))
  context.stdout.write(isJson ? renderJson(result) : renderResult(result, textStyle(options, context.stdout)))
  return exitCodes.as_desired.code
}
