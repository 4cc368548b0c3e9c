import type { BootFile, BootLine } from '../boot-system.ts'
import type { Place } from '../boot-prediction.ts'
import { placeOf } from '../statement.ts'
import type { WriterFacts } from './writer.ts'

/**
 * The words of the processes of this name. Programs that write their own title have all of it in the
 * first word; behind an interpreter stands the script.
 */
export function processesNamed(facts: WriterFacts, name: string): readonly (readonly string[])[] {
  return facts.processes
    .map(({ argv }) => (argv.length === 1 ? (argv[0] ?? '').split(' ') : argv))
    .filter((words) => {
      const [program = '', ...rest] = words
      const isInterpreter = /^(python[\d.]*|sh|bash|perl)$/.test(lastPart(program))
      const script = isInterpreter ? rest.find((word) => !word.startsWith('-')) : undefined
      return lastPart(script ?? program) === name
    })
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Does the service start at boot, as far as that is known? */
export function isStarted(facts: WriterFacts, ...names: readonly string[]): boolean {
  return names.some((name) => facts.services?.includes(name) === true)
}

/** The file at this path, when it is there and its lines are known. */
export function fileAt(facts: WriterFacts, path: string): BootFile | undefined {
  return facts.files.find((file) => file.path === path && file.kind === 'file')
}

/** A setting of a shell or ini file: the last `NAME=value` that is no comment; quotes taken off. */
export function settingIn(
  file: BootFile | undefined,
  name: string,
): { readonly value: string; readonly place: Place } | null {
  if (!file) return null
  const pattern = new RegExp(`^\\s*${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s#]*))`)
  const found = file.lines.flatMap((line: BootLine) => {
    const match = pattern.exec(line.text)
    return match ? [{ value: match[1] ?? match[2] ?? match[3] ?? '', place: placeOf(file, line) }] : []
  })
  return found.at(-1) ?? null
}
