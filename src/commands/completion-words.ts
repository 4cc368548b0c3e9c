import type { Argument, Command, Option } from 'commander'

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
  ...['--inventory', '--key-file', '--log-file', '--write', '--ssh-config', '--out', '--vault-password-file'],
  ...['--password-file', '--become-password-file', '--queue-password-file', '--queue-ca'],
  ...['--signing-key', '--trust'],
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
  const command = program.commands.find((one) => one.name() === before[0])
  if (command === undefined) return before.length > 0 ? nothing : ofWords(commandsOf(program), current)

  const given = readGiven(command, before.slice(1))
  const [, attached = '', typed = ''] = /^(--[a-z-]+)=(.*)$/.exec(current) ?? []
  if (attached !== '') return valueOf(findOption(command, attached), typed, given, lookup, `${attached}=`)
  if (given.open !== null) return valueOf(given.open, current, given, lookup)
  if (current.startsWith('-')) return ofWords(command.options.flatMap(optionWords), current)
  return argumentOf(command, given.positions, current, given, lookup)
}

const nothing: Completion = { kind: 'nothing' }

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
    if (!word.startsWith('-')) positions += 1
    const option = attached === undefined ? findOption(command, word) : undefined
    open = option !== undefined && (option.required || option.optional) ? option : null
  }
  return { inventories, stateFolder, positions, open }
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
  if (!hostOptions.has(long)) return nothing
  // A pattern: what stands before the last separator stays.
  const [, kept = ''] = /^(.*[:,&!])/.exec(typed) ?? []
  const hosts = await lookup.hosts(given.inventories)
  return ofWords(
    hosts.map(({ word, meaning }) => ({ word: `${prefix}${kept}${word}`, meaning })),
    `${prefix}${typed}`,
  )
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
      return ofWords(await lookup.hosts(given.inventories), current)
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
