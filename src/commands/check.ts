import { exitCodeOf } from '../exit-codes.ts'
import type { Context } from './context.ts'
import type { CheckOptions } from './options.ts'
import { prepareCheck } from './prepare-check.ts'
import { refuseCronOptions } from './refuse-cron-options.ts'
import { runAttended } from './run-attended.ts'
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
        prepare: async () => ({
          plays: await prepareCheck(pattern, options, context),
          inventory: options.inventory,
        }),
      },
      options,
      context,
    )
  refuseCronOptions(options)
  const plays = await prepareCheck(pattern, options, context)

  const task = { command: 'check', playbook: '', plays, isDryRun: true } as const
  return exitCodeOf(await runAttended(task, options, context))
}
