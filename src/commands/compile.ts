import { dirname, resolve } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { compileWish } from '../host/compile-wish.ts'
import { compiledScript } from '../host/compiled-script.ts'
import { loadInventory } from '../inventory/load-inventory.ts'
import { readExtraVars, withExtraVars } from '../inventory/extra-vars.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import type { GuardName } from '../plan/rule.ts'
import { loadPlaybook } from '../playbook/load-playbook.ts'
import { resolvePlaybook } from '../playbook/resolve-playbook.ts'
import { InputError, type Problem, UsageError } from '../problem.ts'
import { writeAtomically } from '../record/atomic-write.ts'
import { highestCounts } from '../record/highest-counts.ts'
import { stateFolder } from '../record/state-folder.ts'
import type { VaultOptions } from '../secrets/open-vault.ts'
import { systemWords } from '../system-words.ts'
import { allOrProblems } from './all-or-problems.ts'
import type { Context } from './context.ts'
import { vaultOf } from './vault-of.ts'

export interface CompileOptions extends Partial<VaultOptions> {
  readonly inventory: readonly string[]
  readonly host: string
  readonly extraVars: readonly string[]
  readonly allow: readonly GuardName[]
  readonly stateDir?: string
  /** A file; without it, stdout. */
  readonly output?: string
}

/**
 * `conntrackctl compile PLAYBOOK --host NAME`: one self-contained script for sh that does for that host what `apply`
 * would, and what `verify` would, where nobody comes by SSH. Gives the exit status. Throws InputError, UsageError.
 */
export async function compile(
  playbookPath: string,
  options: CompileOptions,
  context: Context,
): Promise<number> {
  const { host } = options
  // A host that no inventory knows has no variables; plays for `all` name it.
  const sources = options.inventory.length > 0 ? options.inventory : [`${host},`]
  const vault = await vaultOf(options, context)
  const at = { cwd: context.cwd, playbookFolder: dirname(playbookPath), env: context.env, vault }
  const [playbook, inventory, extraVars] = await allOrProblems([
    loadPlaybook(playbookPath),
    loadInventory(sources, at),
    readExtraVars(options.extraVars, at),
  ])
  const hosts = withExtraVars(inventory, extraVars)
  if (!hosts.hosts.has(host))
    throw new UsageError(
      `the inventory has no host ${host}; \`conntrackctl inventory --graph\` shows those there are`,
    )
  const plays = resolvePlaybook(
    playbook,
    (pattern, place) => selectHosts(hosts, pattern, place).filter(({ name }) => name === host),
    extraVars,
  ).filter((play) => play.hosts.length > 0)
  if (plays.length === 0) throw new UsageError(`no play of ${playbookPath} names the host ${host}`)

  const folder = stateFolder(options.stateDir, context)
  const peak = (await highestCounts(folder).catch(() => new Map<string, number>())).get(host) ?? 0
  const problems: Problem[] = []
  const compiled = plays.flatMap(({ name, hosts: [only] }) => {
    if (only === undefined) return []
    const made = compileWish(only.wish, new Set(options.allow), peak)
    if (made.ok) return [{ name, lines: made.lines }]
    for (const what of made.what)
      problems.push({
        file: playbookPath,
        what: `"${name}" asks for something that no script can do by itself: ${what}`,
        remedy: 'take it out for this host, or apply the playbook over SSH or with --connection local',
      })
    return []
  })
  if (problems.length > 0) throw new InputError(problems)

  const script = compiledScript(compiled, {
    playbook: playbookPath,
    host,
    version: context.version,
    compiled: context.now().toISOString(),
  })
  if (options.output === undefined) context.stdout.write(script)
  else await write(resolve(context.cwd, options.output), script)
  return exitCodes.as_desired.code
}

async function write(path: string, script: string): Promise<void> {
  try {
    await writeAtomically(path, script, 0o755)
  } catch (error) {
    throw new UsageError(
      `--output ${path}: ${systemWords(error)}; name a file in a folder that is there and may be written`,
      { cause: error },
    )
  }
}
