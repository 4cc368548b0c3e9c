import { parseSysctlLine } from './sysctl-conf.ts'

/** A line of a file on a host. */
export interface FileLine {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** An assignment together with where it stands. */
export interface PlacedAssignment {
  readonly key: string
  readonly value: string
  readonly file: string
  readonly line: number
}

/** sysctl.d(5): the same file name in an earlier folder hides it in a later one. */
const sysctlFolders = [
  '/etc/sysctl.d/',
  '/run/sysctl.d/',
  '/usr/local/lib/sysctl.d/',
  '/usr/lib/sysctl.d/',
  '/lib/sysctl.d/',
]

/**
 * All assignments in the order in which systemd-sysctl makes them at boot: by file name, whatever the
 * folder; the last one of a key wins. `files` are the sysctl.d files that exist, masked ones too.
 */
export function assignmentsAtBoot(
  files: readonly string[],
  lines: readonly FileLine[],
): readonly PlacedAssignment[] {
  const effective = new Map<string, string>()
  for (const folder of sysctlFolders)
    for (const file of files) {
      const name = file.startsWith(folder) ? file.slice(folder.length) : null
      if (name !== null && !effective.has(name)) effective.set(name, file)
    }
  const withLines = new Set(lines.map(({ file }) => file))
  return [...effective]
    .filter(([, file]) => withLines.has(file))
    .sort(([a], [b]) => compareBytes(a, b))
    .flatMap(([, file]) => assignmentsIn(file, lines))
}

/** The assignments of one file, in its order. */
export function assignmentsIn(file: string, lines: readonly FileLine[]): readonly PlacedAssignment[] {
  return lines
    .filter((line) => line.file === file)
    .flatMap(({ line, text }) => {
      const assignment = parseSysctlLine(text)
      return assignment ? [{ ...assignment, file, line }] : []
    })
}

/** As strcmp(3) has it: neither locale nor case. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
