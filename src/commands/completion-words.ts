import type { Argument, Command, Option } from 'commander'
import { recordedGroups } from '../record/recorded-groups.ts'

/** What may stand at a place of the command line. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  /** The shell knows files better than we do. */
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'nothing' }

/** A word and what it means. */
export interface Candidate {
  readonly word: string
  readonly meaning: string
}

/** What is looked up when somebody asks: hosts and groups of the inventories given so far, the runs there are. */
export interface Lookup {
  readonly hosts: (inventories: readonly string[]) => Promise<readonly Candidate[]>
  readonly runs: (stateFolder: string | undefined) => Promise<readonly Candidate[]>
}

const fileOptions: ReadonlySet<string> = new Set([
  ...['--inventory', '--key-file', '--log-file', '--write', '--out', '--vault-password-file', '--output'],
  ...['--conn-pass-file', '--become-pass-file', '--key-passphrase-file', '--queue-password-file'],
  ...['--queue-ca', '--queue-cert', '--queue-key', '--signing-key', '--trust'],
])
const folderOptions: ReadonlySet<string> = new Set(['--state-dir', '--folder'])
const hostOptions: ReadonlySet<string> = new Set(['--limit', '--host', '--hosts'])

/**
 * What may follow on a command line whose words are given, the last one being the one that is typed, perhaps empty. Goes
 * by the definitions that the program itself parses with.
 */
export async function completeWords(
  program: Command,
  words: readonly string[],
  lookup: Lookup,
): Promise<Completion> {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  if (before.length === 0) return ofWords(current.startsWith('-') ? ownOptions : commandsOf(program), current)
  if (before[0] === 'help') return before.length > 1 ? nothing : ofWords(commandsOf(program), current)
  const command = program.commands.find((one) => one.name() === before[0])
  if (command === undefined) return nothing

  const given = readGiven(command, before.slice(1))
  const [, attached = '', typed = ''] = /^(--[a-z-]+)=(.*)$/.exec(current) ?? []
  if (attached !== '') return valueOf(findOption(command, attached), typed, given, lookup, `${attached}=`)
  if (given.open !== null) return valueOf(given.open, current, given, lookup)
  const glued = gluedOption(command, current)
  if (glued !== null) return valueOf(glued.option, glued.value, given, lookup, current.slice(0, 2))
  if (current.startsWith('-')) return ofWords(command.options.flatMap(optionWords), current)
  return argumentOf(command, given.positions, current, given, lookup)
}

const nothing: Completion = { kind: 'nothing' }

const ownOptions: readonly Candidate[] = [
  { word: '--help', meaning: 'the commands' },
  { word: '--version', meaning: 'of this program' },
]

interface Given {
  readonly inventories: readonly string[]
  readonly stateFolder: string | undefined
  /** How many words stand there that belong to no option. */
  readonly positions: number
  /** The option whose value is typed now. */
  readonly open: Option | null
}

function readGiven(command: Command, words: readonly string[]): Given {
  const inventories: string[] = []
  let stateFolder: string | undefined
  let positions = 0
  let open: Option | null = null
  for (const word of words) {
    if (open !== null) {
      if (open.long === '--inventory') inventories.push(word)
      if (open.long === '--state-dir') stateFolder = word
      open = null
      continue
    }
    const [, attached, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? []
    if (attached === '--inventory' && value !== undefined) inventories.push(value)
    if (attached === '--state-dir') stateFolder = value
    const glued = gluedOption(command, word)
    if (glued?.option.long === '--inventory') inventories.push(glued.value)
    if (!word.startsWith('-')) positions += 1
    const option = attached === undefined ? findOption(command, word) : undefined
    open = option !== undefined && (option.required || option.optional) ? option : null
  }
  return { inventories, stateFolder, positions, open }
}

/** `-lweb`: an option of one letter with its value. */
function gluedOption(
  command: Command,
  word: string,
): { readonly option: Option; readonly value: string } | null {
  if (!/^-[a-zA-Z]./.test(word)) return null
  const option = findOption(command, word.slice(0, 2))
  return option?.required === true ? { option, value: word.slice(2) } : null
}

function findOption(command: Command, word: string): Option | undefined {
  return command.options.find(
    ({ long, short, flags }) => word === long || word === short || flags.split(/[ ,]+/).includes(word),
  )
}

async function valueOf(
  option: Option | undefined,
  typed: string,
  given: Given,
  lookup: Lookup,
  prefix = '',
): Promise<Completion> {
  const long = option?.long ?? ''
  if (option?.argChoices !== undefined)
    return ofWords(
      option.argChoices.map((word) => ({ word: `${prefix}${word}`, meaning: '' })),
      `${prefix}${typed}`,
    )
  if (fileOptions.has(long)) return { kind: 'files' }
  if (folderOptions.has(long)) return { kind: 'folders' }
  if (long === '--rerun')
    return ofWords(await recordedWords(typed, given, lookup, prefix), `${prefix}${typed}`)
  if (!hostOptions.has(long)) return nothing
  return patternOf(typed, given, lookup, prefix)
}

/** A pattern of hosts: what stands before its last separator stays. */
async function patternOf(typed: string, given: Given, lookup: Lookup, prefix = ''): Promise<Completion> {
  const [, kept = ''] = /^(.*[:,&!])/.exec(typed) ?? []
  const name = typed.slice(kept.length)
  const words = name.startsWith('@')
    ? await recordedWords(name.slice(1), given, lookup, '@')
    : await lookup.hosts(given.inventories)
  return ofWords(
    words.map(({ word, meaning }) => ({ word: `${prefix}${kept}${word}`, meaning })),
    `${prefix}${typed}`,
  )
}

/** Hosts of past runs: `failed`, and behind an @ the runs. */
async function recordedWords(
  typed: string,
  given: Given,
  lookup: Lookup,
  prefix: string,
): Promise<readonly Candidate[]> {
  const [, kept] = /^(\w+@)/.exec(typed) ?? []
  if (kept !== undefined)
    return (await lookup.runs(given.stateFolder)).map(({ word, meaning }) => ({
      word: `${prefix}${kept}${word}`,
      meaning,
    }))
  return Object.keys(recordedGroups).map((word) => ({
    word: `${prefix}${word}`,
    meaning: 'hosts that ended so in the last run',
  }))
}

async function argumentOf(
  command: Command,
  position: number,
  current: string,
  given: Given,
  lookup: Lookup,
): Promise<Completion> {
  const list: readonly Argument[] = command.registeredArguments
  const argument = list[position] ?? (list.at(-1)?.variadic === true ? list.at(-1) : undefined)
  switch (argument?.name()) {
    case undefined:
      return nothing
    case 'playbook':
    case 'file':
      return { kind: 'files' }
    case 'run':
      return ofWords(await lookup.runs(given.stateFolder), current)
    case 'pattern':
      return patternOf(current, given, lookup)
    default:
      return ofWords(
        (argument?.argChoices ?? []).map((word) => ({ word, meaning: '' })),
        current,
      )
  }
}

function commandsOf(program: Command): readonly Candidate[] {
  const help = program.createHelp()
  return help.visibleCommands(program).map((one) => ({ word: one.name(), meaning: one.description() }))
}

function optionWords({ long, short, description, hidden }: Option): readonly Candidate[] {
  if (hidden) return []
  return [long, short].flatMap((word) =>
    word === undefined || word === null ? [] : [{ word, meaning: description }],
  )
}

function ofWords(words: readonly Candidate[], typed: string): Completion {
  return { kind: 'words', words: words.filter(({ word }) => word.startsWith(typed)) }
}
