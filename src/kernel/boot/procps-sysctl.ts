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
import { procps3Statements, procps4Statements } from './sysctl-lines.ts'

/** Which procps: 4 knows globs and collects before it writes, 3 writes line by line. */
export interface ProcpsOptions {
  readonly generation: 3 | 4
  /** Before 3.3.17 /run came before /etc (NEWS: "Match systemd directory order"). */
  readonly runFirst: boolean
  /** `--pattern`. */
  readonly pattern?: RegExp
}

const sysctlConf = '/etc/sysctl.conf'

/** sysctl(8), `--system`: as systemd's, hidden files too. */
function foldersOf({ runFirst }: ProcpsOptions): Folders {
  const [first, second] = runFirst ? ['/run', '/etc'] : ['/etc', '/run']
  return {
    paths: [
      `${first}/sysctl.d`,
      `${second}/sysctl.d`,
      '/usr/local/lib/sysctl.d',
      '/usr/lib/sysctl.d',
      '/lib/sysctl.d',
    ],
    suffix: '.conf',
    hidden: true,
  }
}

/** What `sysctl --system` writes, in its order: the files by name, then /etc/sysctl.conf always. */
export function procpsSystem(
  files: readonly BootFile[],
  options: ProcpsOptions,
  exists: ReadonlySet<string>,
): PassResult {
  const folders = foldersOf(options)
  const read = [...effectiveFiles(files, folders), ...files.filter(({ path }) => path === sysctlConf)]
  const result = procpsFiles(read, options, exists)
  const hidden = hiddenFiles(files, folders).flatMap(({ file, by }) =>
    statementsOf(file, options).map((statement) => idle(statement, `${by.path} takes the place of its file`)),
  )
  return { writes: result.writes, idle: [...hidden, ...result.idle] }
}

/** What `sysctl -p FILE…` writes, in its order. */
export function procpsFiles(
  files: readonly BootFile[],
  options: ProcpsOptions,
  exists: ReadonlySet<string>,
): PassResult {
  const items = files.flatMap((file): readonly (Statement | SysctlWrite)[] =>
    file.kind === 'unreadable' ? [unreadableWrite(file)] : statementsOf(file, options),
  )
  const writes: SysctlWrite[] = []
  const losers: IdleLine[] = []
  for (const item of items) {
    const { path, value, spelled, place } = item
    if ('doubt' in item) writes.push(item)
    else if (value === null) continue
    else if (!isGlob(path)) writes.push({ path, value, spelled, place })
    else if (options.generation === 3) losers.push(idle(item, 'procps 3 knows no globs'))
    else
      for (const match of [...exists].sort()) {
        if (!globMatches(path, match, false)) continue
        // Any line for that very path keeps globs away, wherever it stands (settinglist_findpath).
        const explicit = items.find((other) => other.path === match)
        if (explicit)
          losers.push({
            ...idle(item, `${showPlace(explicit.place)} names this key, which keeps globs away`),
            path: match,
          })
        else writes.push({ path: match, value, spelled, place })
      }
  }
  return { writes, idle: losers }
}

function statementsOf(file: BootFile, { generation, pattern }: ProcpsOptions): readonly Statement[] {
  return generation === 3 ? procps3Statements(file, pattern) : procps4Statements(file, pattern)
}
