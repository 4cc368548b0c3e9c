import { resolve } from 'node:path'
import { exitCodeOf } from '../exit-codes.ts'
import type { Command } from '../report/host-result.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { prepareRun } from './prepare-run.ts'
import { refuseCronOptions } from './refuse-cron-options.ts'
import { runAttended } from './run-attended.ts'
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

  const task = { command, playbook, plays, isDryRun: command !== 'apply' }
  return exitCodeOf(await runAttended(task, options, context))
}
