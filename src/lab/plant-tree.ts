import { chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { FileTree } from './file-tree.ts'
import type { ShellAccount } from './shell-account.ts'

/**
 * Writes a host's files below `root`, owned by the account its shells run as. A root that is there already is
 * left as it is: what was changed on that host stays changed. It appears whole or not at all.
 */
export function plantTree(root: string, tree: FileTree, account: ShellAccount | null): void {
  if (existsSync(root)) return
  const growing = `${root}.new`
  rmSync(growing, { recursive: true, force: true })
  const folders = new Set<string>()
  const own = (path: string): void => {
    if (account !== null) chownSync(path, account.uid, account.gid)
  }
  const addFolder = (path: string): void => {
    if (folders.has(path)) return
    if (path !== growing) addFolder(dirname(path))
    folders.add(path)
    mkdirSync(path, { recursive: path === growing, mode: 0o755 })
    own(path)
  }
  for (const [path, entry] of tree) {
    const at = `${growing}${path}`
    addFolder(dirname(at))
    if ('linkTo' in entry) {
      symlinkSync(entry.linkTo, at)
    } else {
      writeFileSync(at, entry.text, { mode: entry.mode })
      own(at)
    }
  }
  renameSync(growing, root)
}
