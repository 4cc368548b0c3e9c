import { checkRemedy } from '../fleet/check-remedy.ts'
import type { Remedy } from '../fleet/remedy.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { allAtOnce } from '../playbook/rollout.ts'
import { UsageError } from '../problem.ts'
import type { RunContext } from './context.ts'
import type { CheckOptions } from './options.ts'
import { prepareWays } from './prepare-targets.ts'

/** Jobs that read the hosts a pattern names and change none. Throws InputError, UsageError. */
export async function prepareCheck(
  pattern: string,
  options: CheckOptions,
  context: RunContext,
): Promise<readonly PlayJobs[]> {
  const { warn: warnPercent, critical: criticalPercent } = options
  if (warnPercent > criticalPercent)
    throw new UsageError(
      `--warn ${warnPercent} is above --critical ${criticalPercent}: it could never be told`,
    )
  return prepareReading(pattern, checkRemedy({ warnPercent, criticalPercent }), options, context)
}

/** The hosts that a pattern names, each with a remedy that only reads. Throws InputError, UsageError. */
export async function prepareReading(
  pattern: string,
  remedy: Remedy,
  options: Omit<CheckOptions, 'warn' | 'critical'>,
  context: RunContext,
): Promise<readonly PlayJobs[]> {
  const ways = await prepareWays(pattern, options, context)
  const jobs = ways.map(({ target, errand }) => ({
    label: { host: target.name, play: pattern },
    target,
    remedy,
    confirmSeconds: null,
    errand,
  }))
  return [{ play: pattern, become: null, rollout: allAtOnce, jobs }]
}
