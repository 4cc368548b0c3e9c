import type { BootFile, BootLine, InitKind } from '../kernel/boot/boot-system.ts'
import { isAtLeast } from '../kernel/release.ts'
import type { BootFacts, HostFacts } from './facts.ts'

/** A line of a file on a host. */
export interface FileLine {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** Characters. No line that sets something is longer, and a pattern of that length could be played for minutes. */
const longestLine = 4096

/** Of a file; probe.sh gives no more of them, so what stands behind is not known. */
const mostLines = 1000

const kinds: readonly BootFile['kind'][] = ['file', 'masked', 'dangling', 'directory', 'unreadable']
const inits: readonly InitKind[] = ['systemd', 'openrc', 'sysvinit-rhel6', 'sysvinit-debian', 'busybox']

/** What probe.sh said of the next boot. `words` are its lines by their first word. */
export function parseBoot(
  words: ReadonlyMap<string, readonly string[]>,
  lines: readonly FileLine[],
  commandLine: string | null,
  osId: string,
): Omit<BootFacts, 'etcFileSystem'> {
  const init = inits.find((kind) => kind === words.get('init')?.[0]) ?? 'unknown'
  return {
    init: refined(init, osId, words.get('kernel')?.[0] ?? ''),
    systemdVersion: /^\d{1,4}$/.exec(words.get('systemd')?.[0] ?? '')?.[0] ?? null,
    procpsVersion: procpsVersion(words.get('procps')?.[0] ?? ''),
    isOstree: words.has('ostree'),
    services: words.get('services')?.[0]?.split(' ').filter(isServiceName) ?? null,
    commandLine,
    files: parseBootFiles(words, lines, 'boot', 'lines'),
  }
}

/** What probe.sh said of others who write; null when it was not asked. */
export function parseWriters(
  words: ReadonlyMap<string, readonly string[]>,
  lines: readonly FileLine[],
): HostFacts['writers'] {
  if (!words.has('writers')) return null
  return {
    processes: (words.get('process') ?? []).map((argv) => ({ argv: argv.replace(/\t$/, '').split('\t') })),
    files: parseBootFiles(words, lines, 'writer', 'writers'),
  }
}

function linesByFile(lines: readonly FileLine[]): ReadonlyMap<string, readonly BootLine[]> {
  const byFile = new Map<string, BootLine[]>()
  for (const { file, line, text } of lines) {
    const same = byFile.get(file)
    if (same === undefined) byFile.set(file, [{ line, text }])
    else same.push({ line, text })
  }
  return byFile
}

/** The releases by the names of their library: libproc-3.2.8.so, libprocps.so.8 (3.3.16 and 17), libproc2.so.0 (4). */
function procpsVersion(library: string): string | null {
  const old = /^libproc-(3\.[12]\.\d{1,3})\.so$/.exec(library)?.[1]
  if (old !== undefined) return old
  if (library.startsWith('libproc2.so')) return '4.0.0'
  const soname = /^libprocps\.so\.(\d)/.exec(library)?.[1]
  return soname === undefined ? null : Number(soname) >= 8 ? '3.3.17' : '3.3.15'
}

/** What the init's name alone does not tell. */
function refined(init: InitKind, osId: string, kernel: string): InitKind {
  // Alpine reads the sysctl files in an order of its own.
  if (init === 'openrc' && osId === 'alpine') return 'openrc-alpine'
  if (init === 'sysvinit-rhel6' && isAtLeast(kernel, '2.6.32') !== true) return 'sysvinit-rhel5'
  return init
}

/** The files said of in lines of `word`, with their lines; `status` names grep's own word on these. */
function parseBootFiles(
  words: ReadonlyMap<string, readonly string[]>,
  lines: readonly FileLine[],
  word: string,
  status: string,
): readonly BootFile[] {
  const byFile = linesByFile(lines)
  // grep's own trouble (2 and more) leaves all of them unknown; 0 and 1 say whether something was found.
  const hasTrouble = !['0', '1'].includes(words.get(status)?.[0] ?? '')
  const withheld = new Set([
    ...(words.get('overlong') ?? []),
    ...(words.get('nuls') ?? []),
    ...binaryFiles(words),
  ])
  const isUnknown = (path: string): boolean => {
    const own = byFile.get(path) ?? []
    return hasTrouble || withheld.has(path) || own.length >= mostLines || isTooLong(own)
  }
  return (words.get(word) ?? []).flatMap((rest) => parseBootFile(rest, byFile, isUnknown))
}

/** `grep: ./etc/x: binary file matches`, before grep 3.5 `Binary file ./etc/x matches`. */
function binaryFiles(words: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const said = [...(words.get('grep:') ?? []), ...(words.get('Binary') ?? [])]
  return said.flatMap((text) => /^(?:file )?\.(\/.*?)(?:: binary file)? matches$/.exec(text)?.[1] ?? [])
}

function parseBootFile(
  rest: string,
  byFile: ReadonlyMap<string, readonly BootLine[]>,
  isUnknown: (path: string) => boolean,
): readonly BootFile[] {
  // A link's target stands before the path, which may hold blanks.
  const [, word, link = '', path] = /^(\w+) (?:(\/\S+) )?(\/.*)$/.exec(rest) ?? []
  const kind = kinds.find((known) => known === word)
  if (kind === undefined || path === undefined) return []
  return [
    {
      path,
      kind: kind === 'file' && isUnknown(path) ? 'unreadable' : kind,
      link: kind === 'masked' ? '/dev/null' : link === '' ? null : link,
      lines: kind === 'file' && !isUnknown(path) ? (byFile.get(path) ?? []) : [],
    },
  ]
}

function isTooLong(lines: readonly BootLine[]): boolean {
  return lines.some(({ text }) => text.length > longestLine)
}

function isServiceName(name: string): boolean {
  return /^[A-Za-z0-9@:._-]{1,100}$/.test(name)
}
