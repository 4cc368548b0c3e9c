import { otherBootFiles } from '../kernel/boot/boot-system.ts'
import { quote } from '../ssh/quote.ts'
import type { Marks } from '../ssh/session.ts'
import { loadScript } from './load-script.ts'
import { establishedPaths, type Reading } from './reading.ts'

const probe = loadScript('probe.sh')
const apply = loadScript('apply.sh')
const usage = loadScript('usage.sh')

/** A call of a shell function: its name and its arguments, not yet quoted. */
export type Call = readonly [name: string, ...words: readonly string[]]

/** The script that reads a host and changes nothing. */
export function readingScript(reading: Reading, marks: Marks): string {
  const functions = reading.usage === true ? `${probe}${usage}` : probe
  return wrap(functions, readingText(reading), marks)
}

/** The script that makes `changes` and then reads the host again. */
export function changingScript(changes: readonly Call[], reading: Reading, marks: Marks): string {
  return wrap(`${probe}${apply}`, `${callsText([...changes, ['conclude']])}${readingText(reading)}`, marks)
}

/** The hosts of a play are read alike: the text is made once for all of them. */
const readingTexts = new WeakMap<Reading, string>()

function readingText(reading: Reading): string {
  const known = readingTexts.get(reading)
  if (known !== undefined) return known
  const text = callsText(readingCalls(reading))
  readingTexts.set(reading, text)
  return text
}

function callsText(calls: readonly Call[]): string {
  return calls.map(([name, ...words]) => `${[name, ...words.map(quote)].join(' ')}\n`).join('')
}

function readingCalls({
  places,
  files,
  patterns,
  bootFolders,
  editable,
  writerFiles,
  usage: isUsageAsked = false,
}: Reading): readonly Call[] {
  return [
    ...places.map(({ key, paths }): Call => ['place', key, ...paths]),
    ...files.map((file): Call => ['own_file', file]),
    ['about'],
    ...bootFolders.map(({ folder, suffix }): Call => ['boot_folder', folder, suffix]),
    ...otherBootFiles.map((path): Call => ['boot_file', `.${path}`]),
    ['survey', ...patterns],
    ...(editable ? [['editable_files'] as const] : []),
    ...(writerFiles.length === 0 ? [] : [['writers', ...writerFiles] as const]),
    ...(isUsageAsked
      ? [
          ['clock'] as const,
          ['logs'] as const,
          ['namespaces'] as const,
          ['sample_entries', ...establishedPaths] as const,
        ]
      : []),
  ]
}

/**
 * One compound command: a shell runs none of it before it has read the closing brace, so a script that
 * was cut on its way runs nothing. Its input is not the rest of our own text: a command in it may read.
 */
function wrap(functions: string, calls: string, { begin, end }: Marks): string {
  return [
    '{',
    `printf '%s\\n' ${quote(begin)}`,
    `${functions}${calls}printf '%s%s\\n' "$out" ${quote(`${end} 0`)}`,
    '} </dev/null',
    '',
  ].join('\n')
}
