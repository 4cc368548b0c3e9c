import { exitCodes } from '../exit-codes.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import { readLimit, limitHosts } from '../inventory/limit.ts'
import { graphInventory, listInventory, shownVars } from '../inventory/listing.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { pythonJson } from '../inventory/python-json.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { UsageError } from '../problem.ts'
import type { Context, Output } from './context.ts'
import { vaultOf } from './vault-of.ts'

/** What the command takes; exactly one of `list`, `graph`, `host` and `hosts` is to be given. */
export interface InventoryOptions {
  /** Files, programs, folders, or lists with a comma. */
  readonly sources: readonly string[]
  readonly list?: boolean
  readonly graph?: boolean
  /** Name of the host whose variables are asked for. */
  readonly host?: string
  /** Pattern of the hosts that are asked for. */
  readonly hosts?: string
  readonly limit?: string
  readonly extraVars?: readonly string[]
  readonly vaultId?: readonly string[]
  readonly vaultPasswordFile?: readonly string[]
  readonly askVaultPass?: boolean
  /** Whose `group_vars` and `host_vars` count as well; by default those of the working folder do. */
  readonly playbookFolder?: string
}

/** The little that the command needs of the process. */
export type InventoryContext = Pick<Context, 'cwd' | 'home' | 'env' | 'stopping'> & {
  readonly stdout: Pick<Output, 'write'>
  readonly stderr: Pick<Output, 'write'> & Partial<Pick<Output, 'isTty'>>
}

/**
 * `conntrackctl inventory`: prints the inventory in the forms of `ansible-inventory` and
 * `ansible --list-hosts`. Gives the exit status. Throws UsageError and InputError.
 */
export async function inventoryCommand(
  options: InventoryOptions,
  context: InventoryContext,
): Promise<number> {
  const { list = false, graph = false, host, hosts, limit } = options
  const asked = [list, graph, host !== undefined, hosts !== undefined].filter(Boolean).length
  if (asked !== 1) throw new UsageError('give one of --list, --graph, --host NAME and --hosts PATTERN')
  if (limit !== undefined && hosts === undefined) throw new UsageError('--limit goes with --hosts only')
  if (options.sources.length === 0)
    throw new UsageError('name an inventory: -i FILE, -i FOLDER or -i host1,host2')

  // As for ansible-inventory, the working folder stands for the one of the playbook.
  const vault = await vaultOf(options, context)
  const at = { ...context, vault, playbookFolder: options.playbookFolder ?? '.' }
  const inventory = withExtraVars(
    await loadInventory(options.sources, at),
    await readExtraVars(options.extraVars ?? [], at),
  )
  const print = (text: string): void => context.stdout.write(`${text}\n`)
  if (list) print(pythonJson(listInventory(inventory)))
  if (graph) print(graphInventory(inventory, 'all'))
  if (host !== undefined) {
    const [only, ...more] = selectHosts(inventory, host, { file: '--host' })
    if (only === undefined || more.length > 0)
      throw new UsageError(
        `--host takes the name of one host, but ${host} names ${more.length === 0 ? 'none' : 'several'}`,
      )
    print(pythonJson(shownVars(only)))
  }
  if (hosts !== undefined) {
    const selected = selectHosts(inventory, hosts, { file: '--hosts' })
    const shown =
      limit === undefined
        ? selected
        : limitHosts(selected, inventory, await readLimit(limit, { cwd: context.cwd }))
    print([`  hosts (${shown.length}):`, ...shown.map(({ name }) => `    ${name}`)].join('\n'))
  }
  return exitCodes.as_desired.code
}
