import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import { fileFault } from '../yaml/file-fault.ts'
import { Vault } from '../secrets/vault.ts'
import type { FileText } from '../yaml/read-text.ts'
import { addSource, emptyTree, type GroupTree } from './group-tree.ts'
import { parseHostList } from './host-list.ts'
import { parseIni } from './ini.ts'
import type { Inventory } from './inventory.ts'
import { buildInventory } from './merge-vars.ts'
import { readSource } from './read-source.ts'
import { fileKindOf, runInventory } from './run-inventory.ts'
import { reconcile } from './reconcile.ts'
import type { ParsedSource, SourcePlace, Statement } from './statement.ts'
import { tidyProblems } from './tidy-problems.ts'
import { readVarsFolders, type FolderVars, type VarsBase } from './vars-folders.ts'
import { parseYamlInventory } from './yaml-inventory.ts'

/** Where an inventory is read, and with what. */
export interface InventoryPlace {
  /** Absolute. */
  readonly cwd: string
  readonly playbookFolder?: string
  /** What programs that print an inventory get to see. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Opens what is encrypted. */
  readonly vault?: Vault
  /** Told of every variable that is written somewhere, also where another one beats it; must not throw. */
  readonly onVariable?: (name: string, at: SourcePlace) => void
}

/**
 * Reads and merges the sources in their order, each a file (INI, YAML or JSON), a program that prints
 * one, a folder of such, or a list with a comma (`web01,web02`), with the `group_vars` and `host_vars`
 * beside them and beside the playbook. Throws InputError with everything that is wrong in any of them.
 */
export async function loadInventory(sources: readonly string[], at: InventoryPlace): Promise<Inventory> {
  const { inventory, problems } = await readInventory(sources, at)
  if (inventory === null || problems.length > 0) throw new InputError(tidyProblems(problems))
  return inventory
}

/** What could be read of the same, and what is wrong; null where the groups make no tree. */
export async function readInventory(
  sources: readonly string[],
  at: InventoryPlace,
): Promise<{ readonly inventory: Inventory | null; readonly problems: readonly Problem[] }> {
  const tree = emptyTree()
  const problems: Problem[] = []
  const reading: Reading = {
    tree,
    problems,
    cwd: at.cwd,
    env: at.env ?? {},
    vault: at.vault ?? new Vault([]),
    onVariable: at.onVariable ?? (() => {}),
    broken: new Set(),
  }
  const bases: VarsBase[] = []
  for (const source of sources) {
    if (source === '') continue
    const place = { path: resolve(at.cwd, source), shown: source }
    const kind = await kindOf(place.path)
    if (kind === 'missing' && source.includes(',')) {
      const parsed = parseHostList(source)
      append(problems, parsed.problems, addSource(tree, parsed, { file: source, folder: null }))
    } else {
      bases.push(kind === 'folder' ? place : { path: dirname(place.path), shown: dirname(source) })
      await addPlace(place, kind, reading)
    }
  }
  const knots = reconcile(tree)
  append(problems, knots)

  const folder = at.playbookFolder
  const playbookBases = folder === undefined ? [] : [{ path: resolve(at.cwd, folder), shown: folder }]
  const layers = await readLayers(reading, bases, playbookBases)
  const inventory = knots.length > 0 ? null : buildInventory(tree, layers, playbookBases[0]?.path)
  return { inventory, problems }
}

/** One call of `loadInventory`: what has been read so far, and with what. */
interface Reading extends Required<Pick<InventoryPlace, 'cwd' | 'env' | 'vault' | 'onVariable'>> {
  readonly tree: GroupTree
  readonly problems: Problem[]
  /** Files that say something else than an inventory does: a folder named by mistake may hold programs of any kind. */
  readonly broken: Set<string>
}

type Kind = 'file' | 'folder' | 'missing' | { readonly what: string; readonly remedy: string }

async function kindOf(path: string): Promise<Kind> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    // A long list of hosts is no path because it is too long for one.
    const absent = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']
    if (error instanceof Error && 'code' in error && absent.includes(String(error.code))) return 'missing'
    const [what, remedy] = fileFault(error)
    return { what, remedy }
  }
}

async function addPlace(
  place: VarsBase,
  kind: Kind,
  reading: Reading,
  above: readonly string[] = [],
): Promise<void> {
  if (kind === 'file') await addFile(place, reading)
  else if (kind === 'folder') await addFolder(place, reading, above)
  else if (kind === 'missing')
    reading.problems.push({
      file: place.shown,
      what: 'there is no such inventory',
      remedy: `correct the path, or name hosts with a comma: -i ${JSON.stringify(`${place.shown},`)}`,
    })
  else reading.problems.push({ file: place.shown, ...kind })
}

/** What Ansible passes over in a folder: hidden files, variables, and files that are no inventory by their name. */
const ignored =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/

async function addFolder(place: VarsBase, reading: Reading, above: readonly string[]): Promise<void> {
  let entries: string[]
  let real: string
  try {
    real = await realpath(place.path)
    entries = await readdir(place.path)
  } catch (error) {
    const [what, remedy] = fileFault(error)
    reading.problems.push({ file: place.shown, what, remedy })
    return
  }
  if (above.includes(real)) return
  for (const entry of entries.sort()) {
    if (ignored.test(entry)) continue
    const inner = { path: join(place.path, entry), shown: join(place.shown, entry) }
    await addPlace(inner, await kindOf(inner.path), reading, [...above, real])
  }
}

async function addFile(place: VarsBase, { tree, problems, ...reading }: Reading): Promise<void> {
  const parsed = await readFile(place, { tree, ...reading })
  const { path } = place
  for (const statement of parsed.statements)
    if (statement.kind === 'variable') reading.onVariable(statement.key, statement.at)
  append(problems, parsed.problems, addSource(tree, parsed, { file: path, folder: dirname(path) }))
}

async function readFile(
  { path, shown }: VarsBase,
  { tree, cwd, env, vault, broken }: Omit<Reading, 'problems' | 'onVariable'>,
): Promise<ParsedSource> {
  const refuse = (what: string, remedy: string): ParsedSource => ({
    statements: [],
    problems: [{ file: shown, what, remedy }],
  })
  const kind = await fileKindOf(path).catch(() => 'text' as const)
  if (kind === 'program') {
    const [wrong] = broken
    return wrong === undefined
      ? runInventory(path, shown, { cwd, env }, vault)
      : refuse(`this program was not run, since ${wrong} is wrong`, 'mend that first')
  }
  if (kind === 'not executable')
    return refuse('this is a program, but it may not be executed', `chmod +x ${shown}`)
  const read = await readSource(path, shown, vault)
  if (!read.ok) return { statements: [], problems: [read.problem] }
  if (extname(shown) === '.toml') return refuse('TOML inventories are not read', 'write it as INI or YAML')
  const parsed = parseFile(read.file, shown, tree, vault)
  if (parsed.problems.length > 0) broken.add(shown)
  return read.isSecret ? { ...parsed, statements: parsed.statements.map(asSecret) } : parsed
}

function parseFile(file: FileText, shown: string, tree: GroupTree, vault: Vault): ParsedSource {
  return looksLikeYaml(file.text, extname(shown))
    ? parseYamlInventory(file, shown, vault)
    : parseIni(file, shown, tree.groups.keys())
}

/** Of a file that was encrypted whole. */
function asSecret(statement: Statement): Statement {
  return { ...statement, at: { ...statement.at, isSecret: true } }
}

/** Not `push(...more)`: a hundred thousand arguments overflow the stack. */
function append(problems: Problem[], ...more: readonly (readonly Problem[])[]): void {
  for (const those of more) for (const problem of those) problems.push(problem)
}

/**
 * Ansible tries YAML where the name ends in .yml, .yaml, .json or nothing, then INI, and tells what
 * both said. The first line that says anything tells which is meant, and keeps to one set of problems.
 */
export function looksLikeYaml(text: string, ending: string): boolean {
  const first = /^(?![^\S\r\n]*(?:[#;]|$)).+/m.exec(text)?.[0] ?? ''
  if (/^\s*\[[^:\]\s]+(?::\w+)?\]\s*(?:#|$)/.test(first)) return false
  if (['.yml', '.yaml', '.json'].includes(ending)) return true
  return ending === '' && /^(?:---|%YAML|\{|"[^"]*"\s*:|'[^']*'\s*:|[^\s=:]+\s*:(?:\s|$))/.test(first)
}

async function readLayers(
  { tree, vault, problems, onVariable }: Reading,
  inventoryBases: readonly VarsBase[],
  playbookBases: readonly VarsBase[],
): Promise<{ inventory: readonly FolderVars[]; playbook: readonly FolderVars[] }> {
  const read = new Map<string, FolderVars>()
  const readAll = async (bases: readonly VarsBase[]): Promise<readonly FolderVars[]> => {
    const layers: FolderVars[] = []
    for (const base of bases) {
      const known = read.get(base.path)
      const layer = known ?? (await readVarsFolders(base, tree.groups.keys(), tree.hosts.keys(), vault))
      if (known === undefined) {
        append(problems, layer.problems)
        for (const { places } of [...layer.groups.values(), ...layer.hosts.values()].flat())
          for (const [name, place] of places) onVariable(name, place)
      }
      read.set(base.path, layer)
      layers.push(layer)
    }
    return layers
  }
  return { inventory: await readAll(inventoryBases), playbook: await readAll(playbookBases) }
}
