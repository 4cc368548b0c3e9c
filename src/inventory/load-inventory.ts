import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import { fileFault } from '../yaml/file-fault.ts'
import { type FileText, readText } from '../yaml/read-text.ts'
import { addSource, emptyTree, type GroupTree } from './group-tree.ts'
import { parseHostList } from './host-list.ts'
import { parseIni } from './ini.ts'
import type { Inventory } from './inventory.ts'
import { buildInventory } from './merge-vars.ts'
import { inventoryLimit } from './inventory-limit.ts'
import { reconcile } from './reconcile.ts'
import type { ParsedSource } from './statement.ts'
import { tidyProblems } from './tidy-problems.ts'
import { readVarsFolders, type FolderVars, type VarsBase } from './vars-folders.ts'
import { parseYamlInventory } from './yaml-inventory.ts'

/**
 * Reads and merges the sources in their order, each a file (INI, YAML or JSON), a folder of such, or
 * a list with a comma (`web01,web02`), with the `group_vars` and `host_vars` beside them and beside
 * the playbook. Throws InputError with everything that is wrong in any of them.
 */
export async function loadInventory(
  sources: readonly string[],
  at: { readonly cwd: string; readonly playbookFolder?: string },
): Promise<Inventory> {
  const tree = emptyTree()
  const problems: Problem[] = []
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
      await addPlace(place, kind, tree, problems)
    }
  }
  append(problems, reconcile(tree))

  const folder = at.playbookFolder
  const playbookBases = folder === undefined ? [] : [{ path: resolve(at.cwd, folder), shown: folder }]
  const layers = await readLayers(tree, bases, playbookBases, problems)
  if (problems.length > 0) throw new InputError(tidyProblems(problems))
  return buildInventory(tree, layers)
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
  tree: GroupTree,
  problems: Problem[],
  above: readonly string[] = [],
): Promise<void> {
  if (kind === 'file') await addFile(place, tree, problems)
  else if (kind === 'folder') await addFolder(place, tree, problems, above)
  else if (kind === 'missing')
    problems.push({
      file: place.shown,
      what: 'there is no such inventory',
      remedy: `correct the path, or name hosts with a comma: -i ${JSON.stringify(`${place.shown},`)}`,
    })
  else problems.push({ file: place.shown, ...kind })
}

/** What Ansible passes over in a folder: hidden files, variables, and files that are no inventory by their name. */
const ignored =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/

async function addFolder(
  place: VarsBase,
  tree: GroupTree,
  problems: Problem[],
  above: readonly string[],
): Promise<void> {
  let entries: string[]
  let real: string
  try {
    real = await realpath(place.path)
    entries = await readdir(place.path)
  } catch (error) {
    const [what, remedy] = fileFault(error)
    problems.push({ file: place.shown, what, remedy })
    return
  }
  if (above.includes(real)) return
  for (const entry of entries.sort()) {
    if (ignored.test(entry)) continue
    const inner = { path: join(place.path, entry), shown: join(place.shown, entry) }
    await addPlace(inner, await kindOf(inner.path), tree, problems, [...above, real])
  }
}

async function addFile({ path, shown }: VarsBase, tree: GroupTree, problems: Problem[]): Promise<void> {
  const read = await readText(path, shown, inventoryLimit)
  if (!read.ok) {
    problems.push(read.problem)
    return
  }
  const parsed = parseFile(read.file, shown, tree)
  append(problems, parsed.problems, addSource(tree, parsed, { file: path, folder: dirname(path) }))
}

function parseFile(file: FileText, shown: string, tree: GroupTree): ParsedSource {
  const refuse = (what: string, remedy: string): ParsedSource => ({
    statements: [],
    problems: [{ file: shown, what, remedy }],
  })
  if (file.text.startsWith('#!'))
    return refuse(
      'this is a program, which is not run',
      `save what it finds: ansible-inventory -i ${shown} --list --yaml --output hosts.yml`,
    )
  if (file.text.startsWith('$ANSIBLE_VAULT;'))
    return refuse('the file is encrypted with ansible-vault, which is not decrypted yet', 'decrypt it first')
  if (extname(shown) === '.toml') return refuse('TOML inventories are not read', 'write it as INI or YAML')
  return looksLikeYaml(file.text, extname(shown))
    ? parseYamlInventory(file, shown)
    : parseIni(file, shown, tree.groups.keys())
}

/** Not `push(...more)`: a hundred thousand arguments overflow the stack. */
function append(problems: Problem[], ...more: readonly (readonly Problem[])[]): void {
  for (const those of more) for (const problem of those) problems.push(problem)
}

/**
 * Ansible tries YAML where the name ends in .yml, .yaml, .json or nothing, then INI, and tells what
 * both said. The first line that says anything tells which is meant, and keeps to one set of problems.
 */
function looksLikeYaml(text: string, ending: string): boolean {
  const first = /^(?![^\S\r\n]*(?:[#;]|$)).+/m.exec(text)?.[0] ?? ''
  if (/^\s*\[[^:\]\s]+(?::\w+)?\]\s*(?:#|$)/.test(first)) return false
  if (['.yml', '.yaml', '.json'].includes(ending)) return true
  return ending === '' && /^(?:---|%YAML|\{|"[^"]*"\s*:|'[^']*'\s*:|[^\s=:]+\s*:(?:\s|$))/.test(first)
}

async function readLayers(
  tree: GroupTree,
  inventoryBases: readonly VarsBase[],
  playbookBases: readonly VarsBase[],
  problems: Problem[],
): Promise<{ inventory: readonly FolderVars[]; playbook: readonly FolderVars[] }> {
  const read = new Map<string, FolderVars>()
  const readAll = async (bases: readonly VarsBase[]): Promise<readonly FolderVars[]> => {
    const layers: FolderVars[] = []
    for (const base of bases) {
      const known = read.get(base.path)
      const layer = known ?? (await readVarsFolders(base, tree.groups.keys(), tree.hosts.keys()))
      if (known === undefined) append(problems, layer.problems)
      read.set(base.path, layer)
      layers.push(layer)
    }
    return layers
  }
  return { inventory: await readAll(inventoryBases), playbook: await readAll(playbookBases) }
}
