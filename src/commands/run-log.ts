import { resolve } from 'node:path'
import { exitCodeOf } from '../exit-codes.ts'
import type { RunEvent } from '../fleet/run-event.ts'
import { openLogFile } from '../record/log-file.ts'
import type { RunResult } from '../report/host-result.ts'
import { logEventOf } from '../report/log-events.ts'
import type { LogEvent } from '../report/log-line-schema.ts'
import type { Task } from './carry-out.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'
import { withoutSecrets } from './without-secrets.ts'

/** The log of a run, where one is asked for. */
export interface RunLog extends Disposable {
  readonly event: (event: RunEvent) => void
  /** Writes the last line. Gives the result, with a note where the log is incomplete. */
  readonly end: (result: RunResult) => RunResult
}

/** Begins the log of a run with its first line. Throws UsageError where the file cannot be opened. */
export function openRunLog(
  { run, started, command, playbook }: Task,
  { logFile, inventory }: RunOptions,
  context: RunContext,
): RunLog {
  if (logFile === undefined) return { event: () => {}, end: (result) => result, [Symbol.dispose]: () => {} }
  const file = openLogFile(resolve(context.cwd, logFile))
  const write = (event: LogEvent): void => file.write({ time: context.now().toISOString(), run, ...event })
  write({
    ...{ event: 'run_started', command, playbook, inventory: [...inventory] },
    ...{ arguments: [...withoutSecrets(context.words)], version: context.version },
    ...{ pid: context.pid, user: context.user },
  })
  return {
    event: (event) => write(logEventOf(event)),
    end: (result) => {
      const { totals, finished, notes = [] } = result
      const seconds = (Date.parse(finished) - started.getTime()) / 1000
      write({ event: 'run_finished', totals, exit_code: exitCodeOf(result), seconds, notes: [...notes] })
      if (file.problem === null) return result
      return { ...result, notes: [...notes, `the log of this run is incomplete: ${file.problem}`] }
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}
