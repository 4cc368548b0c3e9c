import { withExtraVars } from '../inventory/extra-vars.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { type InventoryPlace, readInventory } from '../inventory/load-inventory.ts'
import type { Vars } from '../inventory/statement.ts'
import { targetsOf } from '../inventory/target.ts'
import { tidyProblems } from '../inventory/tidy-problems.ts'
import { type Hint, VariableHints } from '../inventory/variable-hints.ts'
import { notFilled } from '../inventory/variable-reader.ts'
import { readVarsFile } from '../inventory/vars-file.ts'
import { InputError, type Problem } from '../problem.ts'
import { connectionDefaults } from './connection-defaults.ts'
import type { RunContext } from './context.ts'
import { optionDefaults } from './option-defaults.ts'

/** What a file comes to: what is wrong with it, and else what is in it. */
export interface Finding {
  readonly problems: readonly Problem[]
  /** What is no fault, but may be meant otherwise. */
  readonly hints: readonly Hint[]
  /** `12 hosts in 3 groups`. */
  readonly holds: string
}

/**
 * Reads the inventory `source` and the variables beside it as a run does, and how each of its hosts is reached: all that
 * is wrong at once. Neither the network nor the ssh_config of this machine has a say. Never throws
 * for what stands in files.
 */
export async function validateInventory(
  source: string,
  at: Required<Pick<InventoryPlace, 'cwd' | 'env' | 'vault'>>,
  extraVars: Vars,
  context: RunContext,
): Promise<Finding> {
  const hints = new VariableHints()
  const { inventory, problems } = await readInventory([source], { ...at, onVariable: hints.hear })
  const known = inventory === null ? null : withExtraVars(inventory, extraVars)
  const inHosts = known === null ? [] : await problemsOfHosts([...known.hosts.values()], context)
  // A template may lack just what could not be read.
  const certain = problems.length === 0 ? inHosts : inHosts.filter(({ what }) => !what.includes(notFilled))
  return {
    problems: tidyProblems([...problems, ...certain]),
    hints: hints.all(),
    holds: known === null ? '' : contentsOf(known),
  }
}

async function problemsOfHosts(hosts: readonly Host[], context: RunContext): Promise<readonly Problem[]> {
  try {
    await targetsOf(hosts, await defaultsOf(context))
    return []
  } catch (error) {
    if (error instanceof InputError) return error.problems
    throw error
  }
}

/** Reads a file of `group_vars` or `host_vars` alone. Never throws. */
export async function validateVariables(
  path: string,
  shown: string,
  vault: InventoryPlace['vault'] & object,
): Promise<Finding> {
  const hints = new VariableHints()
  const { read, problems } = await readVarsFile(path, shown, vault)
  for (const [name, place] of read?.places ?? []) hints.hear(name, place)
  const count = read?.places.size ?? 0
  return { problems, hints: hints.all(), holds: `${count} ${count === 1 ? 'variable' : 'variables'}` }
}

/** What counts where the inventory says nothing: nothing of this machine's or this user's. */
async function defaultsOf(context: RunContext): ReturnType<typeof connectionDefaults> {
  const nothing = { inventory: [], extraVars: [], vaultId: [], vaultPasswordFile: [], allow: [] }
  const options = { ...optionDefaults, ...nothing, verbose: 0, output: 'text', cron: true } as const
  const defaults = await connectionDefaults(options, { ...context, env: {} })
  return { ...defaults, environment: context.env, sshConfigFiles: [], ownSshConfig: 'none' }
}

function contentsOf({ hosts, groups }: Inventory): string {
  // `all` and `ungrouped` are always there.
  const named = groups.size - 2
  const inGroups = named === 0 ? '' : ` in ${named} ${named === 1 ? 'group' : 'groups'}`
  return `${hosts.size} ${hosts.size === 1 ? 'host' : 'hosts'}${inGroups}`
}
