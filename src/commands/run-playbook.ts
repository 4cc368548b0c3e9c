import { resolve } from 'node:path'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { UsageError } from '../problem.ts'
import { readPlan } from '../record/plan-file.ts'
import type { Command } from '../report/host-result.ts'
import type { Context } from './context.ts'
import { sourcesAgain } from './hosts-again.ts'
import type { RunOptions } from './options.ts'
import { prepareSavedPlan } from './prepare-saved-plan.ts'
import { prepareRun } from './prepare-run.ts'
import { refuseCronOptions } from './refuse-cron-options.ts'
import { runAttended } from './run-attended.ts'
import { type Prepared, runUnattended } from './run-unattended.ts'
import { checkPlanPlace, savePlan } from './save-plan.ts'
import { systemWords } from '../system-words.ts'

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
  const { out } = options
  if (options.cron === true) {
    if (out !== undefined)
      throw new UsageError('--out does not go with --cron: a saved plan is for somebody to look at')
    return runUnattended(
      {
        command,
        playbook,
        subject: resolve(context.cwd, playbook),
        prepare: () => prepare(command, playbook, options, context),
      },
      options,
      context,
    )
  }
  refuseCronOptions(options)
  const { plays, inventory } = await prepare(command, playbook, options, context)
  if (out !== undefined) await checkPlanPlace(out, playbook, plays, context)

  const task = { command, playbook, plays, isDryRun: command !== 'apply' }
  const result = await runAttended(task, { ...options, inventory }, context)
  if (out === undefined) return exitCodeOf(result)
  try {
    const said = await savePlan(out, plays, result, options, context)
    if (options.quiet !== true) context.stderr.write(said)
  } catch (error) {
    // A status of the run would promise a plan that is not there.
    context.stderr.write(`conntrackctl: the plan could not be saved to ${out}: ${systemWords(error)}\n`)
    return exitCodes.internal.code
  }
  return exitCodeOf(result)
}

/** What is to be done on which hosts, and where these are from: of a playbook, or of a plan that was saved. */
async function prepare(
  command: Command,
  path: string,
  options: RunOptions,
  context: Context,
): Promise<Prepared> {
  // A look at what `apply` would do is a look at it with a saved plan as well.
  const saved = command === 'apply' || options.check === true ? await readPlan(path, context.cwd) : null
  return saved === null
    ? { plays: await prepareRun(path, options, context), inventory: options.inventory }
    : {
        plays: await prepareSavedPlan(saved, path, options, context),
        inventory: sourcesAgain(saved, options),
      }
}
