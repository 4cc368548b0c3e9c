import { resolve } from 'node:path'
import { exitCodeOf } from '../exit-codes.ts'
import { runId } from '../record/run-id.ts'
import type { Command } from '../report/host-result.ts'
import { startProgress } from '../report/progress.ts'
import { resultView } from '../report/result-view.ts'
import { carryOut } from './carry-out.ts'
import type { Context } from './context.ts'
import { detailsOf } from './details-of.ts'
import type { RunOptions } from './options.ts'
import { prepareRun } from './prepare-run.ts'
import { refuseCronOptions } from './refuse-cron-options.ts'
import { runUnattended } from './run-unattended.ts'

/**
 * `plan`, `apply` and `verify` are one story: load, then on every host read, plan and, for `apply`
 * only, change and read again; record; report. Gives the exit status.
 *
 * Throws InputError, UsageError, LockedError: no host was contacted then.
 */
export async function runPlaybook(
  command: Command,
  playbook: string,
  options: RunOptions,
  context: Context,
): Promise<number> {
  if (options.cron === true)
    return runUnattended(
      {
        command,
        playbook,
        subject: resolve(context.cwd, playbook),
        prepare: () => prepareRun(playbook, options, context),
      },
      options,
      context,
    )
  refuseCronOptions(options)
  const plays = await prepareRun(playbook, options, context)

  const view = resultView(options, context.stdout)
  // Lines of hosts on the same terminal would be written into the drawing.
  const isQuiet = options.quiet === true || (options.output === 'jsonl' && context.stdout.isTty)
  const progress = startProgress(context.stderr, command, isQuiet, detailsOf(plays, options, context))
  const started = context.now()
  const isDryRun = command !== 'apply'
  const task = { run: runId(started, context.random), started, command, playbook, plays, isDryRun }
  const result = await carryOut(task, options, context, (event) => {
    progress.event(event)
    view.event(event)
  })

  await progress.stop()
  view.end(result)
  return exitCodeOf(result)
}
