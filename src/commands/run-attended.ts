import { runId } from '../record/run-id.ts'
import type { RunResult } from '../report/host-result.ts'
import { startProgress } from '../report/progress.ts'
import { resultView } from '../report/result-view.ts'
import { carryOut, type Task } from './carry-out.ts'
import type { Context } from './context.ts'
import { detailsOf } from './details-of.ts'
import type { RunOptions } from './options.ts'

/**
 * A run before somebody's eyes, from now on: its progress on stderr while it lasts, its result on stdout. Gives that
 * result, which is in the record. Throws UsageError where no record can be kept: no host was contacted then.
 */
export async function runAttended(
  what: Omit<Task, 'run' | 'started'>,
  options: RunOptions,
  context: Context,
): Promise<RunResult> {
  const view = resultView(options, context.stdout)
  // Lines of hosts on the same terminal would be written into the drawing.
  const isQuiet = options.quiet === true || (options.output === 'jsonl' && context.stdout.isTty)
  const details = detailsOf(what.plays, options, context)
  const progress = startProgress(context.stderr, what.command, isQuiet, details)
  const started = context.now()
  const task = { ...what, run: runId(started, context.random), started }
  const result = await carryOut(task, options, context, (event) => {
    progress.event(event)
    view.event(event)
  })
  await progress.stop()
  view.end(result)
  return result
}
