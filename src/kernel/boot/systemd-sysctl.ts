import type { BootFile } from './boot-system.ts'
import { effectiveFiles, hiddenFiles, type Folders } from './effective-files.ts'
import { globMatches, isGlob } from './path-glob.ts'
import {
  idle,
  showPlace,
  unreadableWrite,
  type IdleLine,
  type PassResult,
  type Statement,
  type SysctlWrite,
} from './statement.ts'
import { systemdStatements, type SystemdSyntax } from './sysctl-lines.ts'

/** sysctl.d(5), CONF_PATHS("sysctl.d"). Where /lib is a link to /usr/lib, list the files once. */
export const systemdFolders: Folders = {
  paths: ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d'],
  suffix: '.conf',
  hidden: false,
}

export interface SystemdOptions extends SystemdSyntax {
  /** Read before, or after, all the others: vendors' patches. */
  readonly firstFile?: string
  readonly lastFile?: string
  /** What `--prefix=` leaves; all without. */
  readonly prefixes?: readonly string[]
}

/**
 * What systemd-sysctl writes, in its order (252 sysctl.c). It collects first and writes then, one value
 * for each path as it is spelled. A path that is assigned again moves to the end, unless the value is
 * the same: then it keeps its old place, so of two names of one variable the last line need not win.
 */
export function systemdSysctl(
  files: readonly BootFile[],
  options: SystemdOptions,
  exists: ReadonlySet<string>,
): PassResult {
  const collected = new Map<string, Statement | SysctlWrite>()
  const writes: SysctlWrite[] = []
  const losers: IdleLine[] = hiddenStatements(files, options)
  const under = (path: string): boolean =>
    options.prefixes?.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)) ?? true

  for (const file of filesRead(files, options)) {
    if (file.kind === 'unreadable') {
      collected.set(`\0${file.path}`, unreadableWrite(file))
      continue
    }
    for (const statement of systemdStatements(file, options)) {
      if (!isGlob(statement.path) && !under(statement.path)) continue
      const earlier = collected.get(statement.path)
      if (earlier && earlier.value === statement.value) {
        losers.push(idle(statement, `it repeats ${showPlace(earlier.place)} and counts in that line's place`))
        continue
      }
      if (earlier) losers.push(idle(earlier, overwritten(statement)))
      collected.delete(statement.path)
      collected.set(statement.path, statement)
    }
  }

  for (const item of collected.values()) {
    const { path, value, spelled, place } = item
    if ('doubt' in item) writes.push(item)
    else if (value === null) continue
    else if (options.globs && isGlob(path)) {
      for (const match of exists) {
        if (!under(match) || !globMatches(path, match, true)) continue
        const explicit = collected.get(match)
        if (explicit) losers.push({ ...idle(item, excluded(explicit)), path: match })
        else writes.push({ path: match, value, spelled, place })
      }
    } else writes.push({ path, value, spelled, place })
  }
  return { writes, idle: losers }
}

function filesRead(files: readonly BootFile[], { firstFile, lastFile }: SystemdOptions): readonly BootFile[] {
  return [
    ...files.filter(({ path }) => path === firstFile),
    ...effectiveFiles(files, systemdFolders),
    ...files.filter(({ path }) => path === lastFile),
  ]
}

function hiddenStatements(files: readonly BootFile[], syntax: SystemdSyntax): IdleLine[] {
  return hiddenFiles(files, systemdFolders).flatMap(({ file, by }) =>
    systemdStatements(file, syntax).map((statement) =>
      idle(statement, `${by.path} takes the place of its file`),
    ),
  )
}

function overwritten(by: Statement): string {
  return by.value === null
    ? `${showPlace(by.place)} takes it back`
    : `${showPlace(by.place)} sets the same key again later`
}

function excluded(by: Statement): string {
  return by.value === null
    ? `${showPlace(by.place)} keeps globs away from this key`
    : `${showPlace(by.place)} sets this key by name, which keeps globs away`
}
