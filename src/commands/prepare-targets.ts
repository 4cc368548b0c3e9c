import type { Errand } from '../inventory/errand.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import type { Host } from '../inventory/inventory.ts'
import { limitHosts } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { hostsInShard } from '../inventory/shard.ts'
import { targetsOf } from '../inventory/target.ts'
import { InputError, UsageError } from '../problem.ts'
import type { Target } from '../ssh/target.ts'
import { allOrProblems } from './all-or-problems.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'
import { readLimits } from './read-limits.ts'
import { errandsFor } from './queue-access.ts'
import { vaultOf } from './vault-of.ts'

/** The way in to a host from here, and what a runner elsewhere is told of it where one does the work. */
export interface Way {
  readonly target: Target
  readonly errand: Errand | null
}

/** As `prepareWays`, for what is done from here alone. */
export async function prepareTargets(
  pattern: string,
  options: RunOptions,
  context: RunContext,
): Promise<readonly Target[]> {
  return (await prepareWays(pattern, options, context)).map(({ target }) => target)
}

/** The way in to each host that a pattern names, without a playbook. Throws InputError, UsageError. */
export async function prepareWays(
  pattern: string,
  options: RunOptions,
  context: RunContext,
): Promise<readonly Way[]> {
  if (options.inventory.length === 0)
    throw new UsageError("no inventory given; add -i hosts.ini, or name hosts: -i 'web01,web02,'")
  // As for ansible-inventory, the working folder stands for the one of the playbook.
  const at = {
    cwd: context.cwd,
    playbookFolder: '.',
    env: context.env,
    vault: await vaultOf(options, context),
  }
  const [inventory, extraVars, limits] = await allOrProblems([
    loadInventory(options.inventory, at),
    readExtraVars(options.extraVars, at),
    readLimits(null, options, context),
  ])
  const known = withExtraVars(inventory, extraVars)
  const selected = selectHosts(known, pattern, { file: 'the pattern' })
  const limited = limits.reduce<readonly Host[]>((those, limit) => limitHosts(those, known, limit), selected)
  const hosts = options.shard === undefined ? limited : hostsInShard(limited, options.shard)
  // A part of a small fleet may well be empty.
  if (options.shard === undefined && hosts.length === 0)
    throw new InputError([
      {
        file: '--inventory',
        what: known.hosts.size === 0 ? 'the inventory has no hosts' : `${pattern} names none of its hosts`,
        remedy: 'see which hosts there are: conntrackctl inventory --graph',
      },
    ])
  const defaults = await connectionDefaults(options, context)
  const errands = errandsFor(hosts, null, options, defaults)
  const targets = await targetsOf(hosts, defaults)
  return targets.map((target, index) => ({ target, errand: errands[index] ?? null }))
}
