import { otherBootFiles } from '../kernel/boot/boot-system.ts'
import { quote } from '../ssh/quote.ts'
import type { Marks } from '../ssh/session.ts'
import { loadScript } from './load-script.ts'
import { establishedPaths, type Reading } from './reading.ts'

const probe = loadScript('probe.sh')
const firewall = loadScript('firewall.sh')
const guard = loadScript('guard.sh')
const standBy = loadScript('stand-by.sh')
const apply = loadScript('apply.sh')
const usage = loadScript('usage.sh')
const undo = loadScript('undo.sh')
const revert = loadScript('revert.sh')
const entries = loadScript('entries.sh')
const drain = loadScript('drain.sh')

/** What a host says, by its own shell, when what changed it was killed. */
const killedWords = 'what changed the host was killed; all of it is put back, unless all was done'

/** Entries that are held against the filters of a drain; of more, the rest is estimated. */
const countedEntries = '100000'

/** A call of a shell function: its name and its arguments, not yet quoted. */
export type Call = readonly [name: string, ...words: readonly string[]]

/** The script that reads a host and changes nothing. */
export function readingScript(reading: Reading, marks: Marks): string {
  return compound([
    `printf '%s\\n' ${quote(marks.begin)}`,
    `${readingFunctions(reading)}${readingText(reading)}${printAnswer(marks.end)}`,
  ])
}

/** What a change leaves on the host while it lasts, and whom it tells others of. */
export interface Presence {
  /** In the names of all its files there: letters and digits. */
  readonly tag: string
  /** Who changes the host, for whoever has to wait. */
  readonly who: string
  /** Where its journal lies: one beside files has to outlast a power cut. */
  readonly journal: 'etc' | 'run'
}

/** All that a change needs, as calls: to guard it, to make it, and to undo it, the last step first. */
export interface ChangeCalls {
  readonly steps: readonly Call[]
  readonly undo: readonly Call[]
  /** Seconds within which a new connection has to confirm it; null: it stays without. */
  readonly confirmSeconds: number | null
}

/**
 * The script that makes changes and then reads the host again. It runs in a part of its own, whose end a program in another
 * session waits for: when it is killed, that one puts back.
 */
export function changingScript(
  { steps, undo: undoing, confirmSeconds }: ChangeCalls,
  presence: Presence,
  reading: Reading,
  { begin, end }: Marks,
): string {
  const journal = `{\n${undo}${callsText(undoing)}}\n`
  const before: readonly Call[] = [
    ['take_lock'],
    ['write_journal', journal],
    ...(confirmSeconds === null ? [] : [['arm', String(confirmSeconds), revert] as const]),
  ]
  return compound([
    `printf '%s\\n' ${quote(begin)}`,
    `${readingFunctions(reading)}${guard}${apply}${callsText([prepare(presence)])}{ {`,
    `${callsText([...before, ...steps, ['conclude']])}${readingText(reading)}${printAnswer(end)}`,
    'echo whole >&4',
    `} 4>&1 >&3 3>&- | stand_by ${quote(standBy)}`,
    // Nobody will answer any more: that ends the session, so that nobody waits for it.
    `} 3>&1 || { echo ${quote(killedWords)} >&2; exit 9; }`,
  ])
}

/** The script that says, over a new connection, that a change of that presence may stay. */
export function confirmingScript(presence: Presence, { begin, end }: Marks): string {
  return compound([
    `printf '%s\\n' ${quote(begin)}`,
    `${probe}${guard}${callsText([prepare(presence), ['confirm']])}${printAnswer(end)}`,
  ])
}

/** The script that puts back what a killed run left, and then reads the host again. */
export function healingScript(presence: Presence, reading: Reading, { begin, end }: Marks): string {
  return compound([
    `printf '%s\\n' ${quote(begin)}`,
    `${readingFunctions(reading)}${guard}${apply}${callsText([prepare(presence), ['heal']])}${readingText(reading)}${printAnswer(end)}`,
  ])
}

function prepare({ tag, who, journal }: Presence): Call {
  return ['prepare', tag, who, journal]
}

/** What has to do with rules, with how the table has fared or with its entries goes along only where it is asked for. */
function readingFunctions(reading: Reading): string {
  const { firewall: isFirewallAsked, usage: isUsageAsked, pictureEntries, drain: filters = [] } = reading
  const hasEntries = pictureEntries !== undefined || filters.length > 0
  return [
    probe,
    isFirewallAsked === true ? firewall : '',
    isUsageAsked === true ? usage : '',
    hasEntries ? entries : '',
    filters.length > 0 ? drain : '',
  ].join('')
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
  firewall: isFirewallAsked = false,
  foreignFiles = [],
  pictureEntries,
  drain: filters = [],
}: Reading): readonly Call[] {
  return [
    ...places.map(({ key, paths }): Call => ['place', key, ...paths]),
    ...files.map((file): Call => ['own_file', file]),
    ['about'],
    ['others_at_work'],
    ...bootFolders.map(({ folder, suffix }): Call => ['boot_folder', folder, suffix]),
    ...otherBootFiles.map((path): Call => ['boot_file', `.${path}`]),
    ['survey', ...patterns],
    ...(editable ? [['editable_files'] as const] : []),
    ...(isFirewallAsked ? [['firewall'] as const] : []),
    ...foreignFiles.map((file): Call => ['foreign_file', file]),
    ...(writerFiles.length === 0 ? [] : [['writers', ...writerFiles] as const]),
    ...(isUsageAsked
      ? [
          ['clock'] as const,
          ['logs'] as const,
          ['namespaces'] as const,
          ['sample_entries', ...establishedPaths] as const,
        ]
      : []),
    ...(filters.length === 0 ? [] : [['count_matches', countedEntries, ...filters] as const]),
    ...(pictureEntries === undefined ? [] : [['picture', String(pictureEntries)] as const]),
  ]
}

function printAnswer(end: string): string {
  return `printf '%s%s\\n' "$out" ${quote(`${end} 0`)}`
}

/**
 * One compound command: a shell runs none of it before it has read the closing brace, so a script that
 * was cut on its way runs nothing. Its input is not the rest of our own text: a command in it may read.
 */
function compound(lines: readonly string[]): string {
  return ['{', ...lines, '} </dev/null', ''].join('\n')
}
