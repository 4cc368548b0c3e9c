import { exitCodeOf } from '../exit-codes.ts'
import { runId } from '../record/run-id.ts'
import { startProgress } from '../report/progress.ts'
import { resultView } from '../report/result-view.ts'
import { carryOut } from './carry-out.ts'
import type { Context } from './context.ts'
import type { CheckOptions } from './options.ts'
import { prepareCheck } from './prepare-check.ts'
import { refuseCronOptions } from './refuse-cron-options.ts'
import { runUnattended } from './run-unattended.ts'

/**
 * Reads how full the tables of hosts are, without a playbook and without changing anything, records it, and tells
 * what needs somebody first. Gives the exit status. Throws InputError, UsageError, LockedError: no host was contacted
 * then.
 */
export async function check(pattern: string, options: CheckOptions, context: Context): Promise<number> {
  if (options.cron === true)
    return runUnattended(
      {
        command: 'check',
        playbook: '',
        subject: ['check', pattern, ...options.inventory, options.limit ?? ''].join(' '),
        prepare: () => prepareCheck(pattern, options, context),
      },
      options,
      context,
    )
  refuseCronOptions(options)
  const plays = await prepareCheck(pattern, options, context)

  const view = resultView(options, context.stdout)
  const isQuiet = options.quiet === true || (options.output === 'jsonl' && context.stdout.isTty)
  const progress = startProgress(context.stderr, 'check', isQuiet)
  const started = context.now()
  const task = {
    run: runId(started, context.random),
    started,
    command: 'check',
    playbook: '',
    plays,
    isDryRun: true,
  } as const
  const result = await carryOut(task, options, context, (event) => {
    progress.event(event)
    view.event(event)
  })

  await progress.stop()
  view.end(result)
  return exitCodeOf(result)
}
