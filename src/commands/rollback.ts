import { exitCodeOf } from '../exit-codes.ts'
import { findLast, findRun } from '../record/list-runs.ts'
import { readRecord } from '../record/read-record.ts'
import { stateFolder } from '../record/state-folder.ts'
import type { Context } from './context.ts'
import { sourcesAgain } from './hosts-again.ts'
import type { RunOptions } from './options.ts'
import { prepareRollback } from './prepare-rollback.ts'
import { runAttended } from './run-attended.ts'

/**
 * Puts back what a run found: values, bytes and modes, verified by a fresh reading and recorded as a run of its
 * own, which can be rolled back as well. With --check it only says what it would do. Gives the exit status.
 *
 * Throws InputError, UsageError: no host was contacted then.
 */
export async function rollback(word: string, options: RunOptions, context: Context): Promise<number> {
  const folder = stateFolder(options.stateDir, context)
  const record = await readRecord(
    word === 'last' ? await findLast(folder, 'apply') : await findRun(folder, word),
  )
  const plays = await prepareRollback(record, options, context)

  const task = {
    command: 'rollback',
    playbook: record.start.playbook,
    plays,
    isDryRun: options.check === true,
  } as const
  const inventory = sourcesAgain({ cwd: '.', ...record.start }, options)
  return exitCodeOf(await runAttended(task, { ...options, inventory }, context))
}
