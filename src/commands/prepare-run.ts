import { dirname } from 'node:path'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { limitHosts, readLimit } from '../inventory/limit.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { targetsOf } from '../inventory/target.ts'
import { loadPlaybook } from '../playbook/load-playbook.ts'
import { type HostsOf, resolvePlaybook } from '../playbook/resolve-playbook.ts'
import { InputError, type Problem, UsageError } from '../problem.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'

/**
 * Reads everything a run needs and makes jobs of it. Whatever is wrong with playbook, inventory,
 * limit or variables is found here, all at once, before any host is contacted.
 *
 * Throws InputError, UsageError.
 */
export async function prepareRun(
  playbookPath: string,
  options: RunOptions,
  context: Context,
): Promise<readonly PlayJobs[]> {
  if (options.inventory.length === 0)
    throw new UsageError("no inventory given; add -i hosts.ini, or name hosts: -i 'web01,web02,'")
  const at = { cwd: context.cwd, playbookFolder: dirname(playbookPath) }
  const [playbook, inventory, extraVars, limit] = await allOf([
    loadPlaybook(playbookPath),
    loadInventory(options.inventory, at),
    readExtraVars(options.extraVars, context.cwd),
    options.limit === undefined ? null : readLimit(options.limit, at),
  ])
  const known = withExtraVars(inventory, extraVars)
  const hostsOf: HostsOf = (pattern, place) => {
    const selected = selectHosts(known, pattern, place)
    return limit === null ? selected : limitHosts(selected, known, limit)
  }
  const plays = resolvePlaybook(playbook, hostsOf, extraVars)
  if (plays.every(({ hosts }) => hosts.length === 0)) throw nothingToDo(playbookPath, known, options)

  const defaults = connectionDefaults(options, context)
  const [...jobs] = await allOf(
    plays.map(async ({ name, become, hosts }): Promise<PlayJobs> => {
      const targets = targetsOf(
        hosts.map(({ host }) => host),
        become === undefined ? defaults : { ...defaults, become: become ? defaults.becomeAs : null },
      )
      return {
        play: name,
        jobs: hosts.map(({ host, wish }, index) => ({
          label: { host: host.name, play: name },
          target: targets[index] ?? missingTarget(host),
          wish,
        })),
      }
    }),
  )
  return jobs
}

/** Waits for all and throws the problems of all that failed in one InputError. */
async function allOf<Parts extends readonly unknown[]>(
  parts: readonly [...{ [Index in keyof Parts]: Promise<Parts[Index]> | Parts[Index] }],
): Promise<Parts> {
  const settled = await Promise.allSettled(parts)
  const problems: Problem[] = []
  for (const result of settled)
    if (result.status === 'rejected') {
      if (!(result.reason instanceof InputError)) throw result.reason
      problems.push(...result.reason.problems)
    }
  if (problems.length > 0) throw new InputError(problems)
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : null)) as unknown as Parts
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
