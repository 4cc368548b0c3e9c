import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import pLimit from 'p-limit'
import type { Problem } from '../problem.ts'
import { fileFault } from '../yaml/file-fault.ts'
import type { Vault } from '../secrets/vault.ts'
import type { PlacedVars } from './statement.ts'
import { readVarsFile } from './vars-file.ts'

/** A folder that may hold `group_vars` and `host_vars`. */
export interface VarsBase {
  readonly path: string
  /** As the user gave it, for messages. */
  readonly shown: string
}

/** What one base says of groups and hosts, weak to strong; names that nothing is said of are absent. */
export interface FolderVars {
  readonly groups: ReadonlyMap<string, readonly PlacedVars[]>
  readonly hosts: ReadonlyMap<string, readonly PlacedVars[]>
  readonly problems: readonly Problem[]
}

/** As in Ansible: the first one that is there counts. */
const endings = ['', '.yml', '.yaml', '.json']
/** Files read at a time. */
const readers = 16

/** Reads `group_vars/` and `host_vars/` of `base` for the names given. Never throws. */
export async function readVarsFolders(
  base: VarsBase,
  groups: Iterable<string>,
  hosts: Iterable<string>,
  vault: Vault,
): Promise<FolderVars> {
  const problems: Problem[] = []
  return {
    groups: await readFolder(base, 'group_vars', groups, vault, problems),
    hosts: await readFolder(base, 'host_vars', hosts, vault, problems),
    problems,
  }
}

async function readFolder(
  base: VarsBase,
  folder: string,
  names: Iterable<string>,
  vault: Vault,
  problems: Problem[],
): Promise<ReadonlyMap<string, readonly PlacedVars[]>> {
  const at = { path: join(base.path, folder), shown: join(base.shown, folder) }
  const entries = await list(at, problems)
  if (entries === null) return new Map()
  const present = new Set(entries)
  const wanted: { name: string; file: VarsBase }[] = []
  for (const name of names) {
    const found = endings.map((ending) => name + ending).find((entry) => present.has(entry))
    if (found === undefined) continue
    for (const file of await filesOf(within(at, found), problems)) wanted.push({ name, file })
  }
  const limit = pLimit(readers)
  const files = await limit.map(wanted, async ({ name, file }) => ({
    name,
    ...(await readVarsFile(file.path, file.shown, vault)),
  }))
  const read = new Map<string, PlacedVars[]>()
  for (const { name, read: vars, problems: found } of files) {
    for (const problem of found) problems.push(problem)
    if (vars === null) continue
    const known = read.get(name)
    if (known === undefined) read.set(name, [vars])
    else known.push(vars)
  }
  return read
}

/** The names in a folder, sorted; null when it is not there. */
async function list(folder: VarsBase, problems: Problem[]): Promise<readonly string[] | null> {
  try {
    return (await readdir(folder.path)).sort()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return null
    const [what, remedy] =
      error.code === 'ENOTDIR' ? ['this is not a folder', 'make it a folder or rename it'] : fileFault(error)
    problems.push({ file: folder.shown, what, remedy })
    return null
  }
}

/** The file itself, or the files of a folder and the folders in it, as Ansible picks them. */
async function filesOf(
  start: VarsBase,
  problems: Problem[],
  above: readonly string[] = [],
): Promise<readonly VarsBase[]> {
  try {
    if (!(await stat(start.path)).isDirectory()) return [start]
    const real = await realpath(start.path)
    if (above.includes(real)) return []
    const files: VarsBase[] = []
    for (const entry of (await list(start, problems)) ?? []) {
      if (entry.startsWith('.') || entry.endsWith('~')) continue
      const inner = within(start, entry)
      const isFolder = (await stat(inner.path)).isDirectory()
      if (isFolder && extname(entry) === '') files.push(...(await filesOf(inner, problems, [...above, real])))
      else if (!isFolder && endings.includes(extname(entry))) files.push(inner)
    }
    return files
  } catch (error) {
    const [what, remedy] = fileFault(error)
    problems.push({ file: start.shown, what, remedy })
    return []
  }
}

function within(folder: VarsBase, entry: string): VarsBase {
  return { path: join(folder.path, entry), shown: join(folder.shown, entry) }
}
