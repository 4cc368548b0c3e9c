import { dirname } from 'node:path'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { wishRemedy } from '../fleet/wish-remedy.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { limitHosts } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { hostsInShard } from '../inventory/shard.ts'
import { type ConnectionDefaults, targetsOf } from '../inventory/target.ts'
import { loadPlaybook } from '../playbook/load-playbook.ts'
import type { ResolvedPlay } from '../playbook/resolved-play.ts'
import { type HostsOf, resolvePlaybook } from '../playbook/resolve-playbook.ts'
import { InputError, UsageError } from '../problem.ts'
import { allOrProblems } from './all-or-problems.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { RunContext } from './context.ts'
import { errandsFor } from './queue-access.ts'
import type { RunOptions } from './options.ts'
import { readLimits } from './read-limits.ts'
import { vaultOf } from './vault-of.ts'

/**
 * Reads everything a run needs and makes jobs of it. Whatever is wrong with playbook, inventory,
 * limit or variables is found here, all at once, before any host is contacted.
 *
 * Throws InputError, UsageError.
 */
export async function prepareRun(
  playbookPath: string,
  options: RunOptions,
  context: RunContext,
): Promise<readonly PlayJobs[]> {
  if (options.inventory.length === 0)
    throw new UsageError("no inventory given; add -i hosts.ini, or name hosts: -i 'web01,web02,'")
  const vault = await vaultOf(options, context)
  const at = { cwd: context.cwd, playbookFolder: dirname(playbookPath), env: context.env, vault }
  const [playbook, inventory, extraVars, limits] = await allOrProblems([
    loadPlaybook(playbookPath),
    loadInventory(options.inventory, at),
    readExtraVars(options.extraVars, at),
    readLimits(playbookPath, options, context),
  ])
  const known = withExtraVars(inventory, extraVars)
  const hostsOf: HostsOf = (pattern, place) => {
    const selected = selectHosts(known, pattern, place)
    const limited = limits.reduce((hosts, limit) => limitHosts(hosts, known, limit), selected)
    return options.shard === undefined ? limited : hostsInShard(limited, options.shard)
  }
  const plays = resolvePlaybook(playbook, hostsOf, extraVars)
  // A part of a small fleet may well be empty.
  if (options.shard === undefined && plays.every(({ hosts }) => hosts.length === 0))
    throw nothingToDo(playbookPath, known, options)

  const defaults = await connectionDefaults(options, context)
  return allOrProblems<readonly PlayJobs[]>(plays.map(async (play) => jobsOf(play, defaults, options)))
}

async function jobsOf(
  { name, become, rollout, hosts }: ResolvedPlay,
  defaults: ConnectionDefaults,
  options: RunOptions,
): Promise<PlayJobs> {
  const remedyOf = once(wishRemedy)
  const ofInventory = hosts.map(({ host }) => host)
  const errands = errandsFor(ofInventory, become ?? null, options, defaults)
  const targets = await targetsOf(
    ofInventory,
    become === undefined ? defaults : { ...defaults, become: become ? defaults.becomeAs : null },
  )
  return {
    play: name,
    become: become ?? null,
    rollout,
    jobs: hosts.map(({ host, wish }, index) => ({
      label: { host: host.name, play: name },
      target: targets[index] ?? missingTarget(host),
      remedy: remedyOf(wish),
      confirmSeconds: rollout.confirmSeconds,
      errand: errands[index] ?? null,
    })),
  }
}

function nothingToDo(playbook: string, { hosts }: Inventory, { limit }: RunOptions): InputError {
  const what =
    hosts.size === 0
      ? 'the inventory has no hosts'
      : limit === undefined
        ? `no play names any of the ${hosts.size} hosts of the inventory`
        : `no host of the plays is within --limit ${limit}`
  return new InputError([
    { file: playbook, what, remedy: 'see which hosts there are: conntrackctl inventory --graph' },
  ])
}

function missingTarget(host: Host): never {
  throw new Error(`no target was made for ${host.name}`)
}

/** Hosts of a play mostly share one wish, and so its remedy. */
function once<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = make(key)
    made.set(key, fresh)
    return fresh
  }
}
