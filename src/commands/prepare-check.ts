import { checkRemedy } from '../fleet/check-remedy.ts'
import type { Remedy } from '../fleet/remedy.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import { limitHosts, readLimit } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { targetsOf } from '../inventory/target.ts'
import { allAtOnce } from '../playbook/rollout.ts'
import { InputError, UsageError } from '../problem.ts'
import { connectionDefaults } from './connection-defaults.ts'
import { vaultOf } from './vault-of.ts'
import type { Context } from './context.ts'
import type { CheckOptions } from './options.ts'

/** Jobs that read the hosts a pattern names and change none. Throws InputError, UsageError. */
export async function prepareCheck(
  pattern: string,
  options: CheckOptions,
  context: Context,
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
  context: Context,
): Promise<readonly PlayJobs[]> {
  if (options.inventory.length === 0)
    throw new UsageError("no inventory given; add -i hosts.ini, or name hosts: -i 'web01,web02,'")
  // As for ansible-inventory, the working folder stands for the one of the playbook.
  const at = {
    cwd: context.cwd,
    playbookFolder: '.',
    env: context.env,
    vault: await vaultOf(options, context),
  }
  const [inventory, extraVars, limit] = await Promise.all([
    loadInventory(options.inventory, at),
    readExtraVars(options.extraVars, at),
    options.limit === undefined ? null : readLimit(options.limit, at),
  ])
  const known = withExtraVars(inventory, extraVars)
  const selected = selectHosts(known, pattern, { file: 'the pattern' })
  const hosts = limit === null ? selected : limitHosts(selected, known, limit)
  if (hosts.length === 0)
    throw new InputError([
      {
        file: '--inventory',
        what: known.hosts.size === 0 ? 'the inventory has no hosts' : `${pattern} names none of its hosts`,
        remedy: 'see which hosts there are: conntrackctl inventory --graph',
      },
    ])
  const targets = targetsOf(hosts, connectionDefaults(options, context))
  const jobs = hosts.flatMap((host, index) => {
    const target = targets[index]
    return target === undefined
      ? []
      : [{ label: { host: host.name, play: pattern }, target, remedy, confirmSeconds: null }]
  })
  return [{ play: pattern, become: null, rollout: allAtOnce, jobs }]
}
