import type { BootFile } from './boot-system.ts'

/** The folders of a kind of boot files, the one that wins first. */
export interface Folders {
  readonly paths: readonly string[]
  readonly suffix: string
  /** Are names that begin with a dot read? systemd and kmod pass them over, procps does not. */
  readonly hidden: boolean
}

/**
 * The files that are read, in their order: of namesakes the one in the first folder, sorted by name
 * whatever the folder (systemd 252 conf-files.c, procps 4.0.2 PreloadSystem, kmod 30
 * libkmod-config.c). A masked, dangling or unreadable one hides its namesakes all the same.
 */
export function effectiveFiles(files: readonly BootFile[], folders: Folders): readonly BootFile[] {
  const byName = new Map<string, BootFile>()
  for (const folder of folders.paths)
    for (const file of filesIn(files, folder, folders)) {
      const name = baseName(file.path)
      if (!byName.has(name)) byName.set(name, file)
    }
  return [...byName.values()].sort(byFileName)
}

/** The others: those that a namesake hides, with the one that hides them. */
export function hiddenFiles(
  files: readonly BootFile[],
  folders: Folders,
): readonly { readonly file: BootFile; readonly by: BootFile }[] {
  const effective = new Map(effectiveFiles(files, folders).map((file) => [baseName(file.path), file]))
  return folders.paths
    .flatMap((folder) => filesIn(files, folder, folders))
    .flatMap((file) => {
      const by = effective.get(baseName(file.path))
      return by && by !== file ? [{ file, by }] : []
    })
}

/** The files of one folder, by name, as the shell's `*.conf` lists them. */
export function filesIn(
  files: readonly BootFile[],
  folder: string,
  { suffix, hidden }: Pick<Folders, 'suffix' | 'hidden'>,
): readonly BootFile[] {
  return files
    .filter(({ path }) => {
      const name = baseName(path)
      return path === `${folder}/${name}` && name.endsWith(suffix) && (hidden || !name.startsWith('.'))
    })
    .sort(byFileName)
}

/** What stands behind the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** As strcmp(3) on UTF-8 has it: by code points, neither locale nor case. */
function byFileName(a: BootFile, b: BootFile): number {
  const left = Array.from(baseName(a.path), (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(baseName(b.path), (character) => character.codePointAt(0) ?? 0)
  for (const [index, point] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    if (point !== other) return point - other
  }
  return left.length - right.length
}
