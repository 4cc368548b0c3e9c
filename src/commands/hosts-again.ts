import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import type { Host } from '../inventory/inventory.ts'
import { limitHosts } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { hostsInShard } from '../inventory/shard.ts'
import { InputError, UsageError } from '../problem.ts'
import type { RunContext } from './context.ts'
import { absoluteSource } from './given-options.ts'
import type { RunOptions } from './options.ts'
import { readLimits } from './read-limits.ts'
import { vaultOf } from './vault-of.ts'

/** Where hosts are known from: a run that is over, or a saved plan. */
export interface KnownHosts {
  readonly names: readonly string[]
  /** For messages: `run 2026… changed`, `the plan has`. */
  readonly who: string
  readonly playbook: string
  /** The sources as they were given, and where relative ones began. */
  readonly inventory: readonly string[]
  readonly cwd: string
}

/** The sources that count: those that are given now, else those of then, made absolute. */
export function sourcesAgain(
  { inventory, cwd }: Pick<KnownHosts, 'inventory' | 'cwd'>,
  options: Pick<RunOptions, 'inventory'>,
): readonly string[] {
  return options.inventory.length > 0
    ? options.inventory
    : inventory.map((source) => absoluteSource(source, cwd))
}

/**
 * Hosts that are known by name, as the inventory has them now and as far as they are asked for. Throws InputError where it
 * lacks some, UsageError where a limit leaves none.
 */
export async function hostsAgain(
  known: KnownHosts,
  options: RunOptions,
  context: RunContext,
): Promise<ReadonlyMap<string, Host>> {
  const { names, who } = known
  const vault = await vaultOf(options, context)
  const at = { cwd: context.cwd, playbookFolder: context.cwd, env: context.env, vault }
  const inventory = withExtraVars(
    await loadInventory(sourcesAgain(known, options), at),
    await readExtraVars(options.extraVars, at),
  )
  const limits = await readLimits(known.playbook, options, context)
  const missing = names.filter((name) => !inventory.hosts.has(name))
  if (missing.length > 0 && limits.length === 0)
    throw new InputError([
      {
        file: '--inventory',
        what: `${who} ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}, which the inventory does not have any longer`,
        remedy: 'give an inventory that has them with -i, or leave them out with --limit',
      },
    ])
  const found = names.flatMap((name) => inventory.hosts.get(name) ?? [])
  const limited = limits.reduce<readonly Host[]>((hosts, limit) => limitHosts(hosts, inventory, limit), found)
  const wanted = options.shard === undefined ? limited : hostsInShard(limited, options.shard)
  if (wanted.length === 0 && options.shard === undefined)
    throw new UsageError(
      `no host that ${who} is within ${options.limit === undefined ? `--rerun ${options.rerun}` : `--limit ${options.limit}`}`,
    )
  return new Map(wanted.map((host) => [host.name, host]))
}
