import { resolve } from 'node:path'
import type { Manner } from '../fleet/remedy-host.ts'
import { runPlays } from '../fleet/run-plays.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { type Command, countStatuses, type RunResult } from '../report/host-result.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { prepareRun } from './prepare-run.ts'

/**
 * `plan`, `apply` and `verify` are one story: load, connect, read, plan, and only for `apply` change
 * and read again; then report. Gives the exit status.
 */
export async function runPlaybook(
  command: Command,
  playbook: string,
  options: RunOptions,
  context: Context,
): Promise<number> {
  const plays = await prepareRun(playbook, options, context)
  const started = context.now()
  const hosts = await runPlays(plays, {
    forks: options.forks,
    stopping: context.stopping,
    manner: {
      mode: command === 'apply' ? 'apply' : 'read',
      allowed: new Set(options.allow),
      signal: context.cut,
      onPlanned: async () => {},
    } satisfies Omit<Manner, 'onStage'>,
    onEvent: () => {},
  })
  const result: RunResult = {
    version: 1,
    run: 'x',
    command,
    playbook: resolve(context.cwd, playbook),
    started: started.toISOString(),
    finished: context.now().toISOString(),
    hosts,
    totals: countStatuses(hosts),
  }
  const { renderText } = await import('../report/text.ts')
  const { renderJson } = await import('../report/json.ts')
  context.stdout.write(
    options.output === 'text'
      ? renderText(result, {
          color: context.stdout.isTty,
          width: context.stdout.columns,
          verbosity: options.verbose,
          diff: options.diff === true,
        })
      : renderJson(result),
  )
  return exitCodeOf(result)
}
