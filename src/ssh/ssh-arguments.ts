/** What a string of ssh options (`ansible_ssh_common_args`, `--ssh-common-args`) asks for. */
export interface SshArguments {
  /** From `-o`, names in lower case, the first one wins, as with ssh. `User`, `Port` and `IdentityFile` stand in their own fields. */
  readonly options: ReadonlyMap<string, string>
  /** From `-i` and `-o IdentityFile`, as written: `~` and `%h` are left to the caller. */
  readonly identityFiles: readonly string[]
  readonly user?: string
  readonly port?: number
  /** What cannot be honoured, each a sentence without a full stop. */
  readonly problems: readonly string[]
}

/** Flags without a value that change nothing here: compression, logging, forwarding, terminals. */
const harmlessFlags = new Set('CTqvxaknK')
/** Flags of ssh that take a value. */
const valuedFlags = new Set('BbcDEeFIiJLlmOoPpQRSWw')

/** Reads `text` as ssh would read its command line. Never throws: what is not understood is in `problems`. */
export function parseSshArguments(text: string): SshArguments {
  const options = new Map<string, string>()
  const identityFiles: string[] = []
  const problems: string[] = []
  let user: string | undefined
  let port: number | undefined

  const setPort = (value: string): void => {
    const number = /^\d{1,5}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > 65535) problems.push(`port ${value} is not a number from 1 to 65535`)
    else port ??= number
  }

  const setOption = (written: string): void => {
    const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(written)
    const [, name = '', raw = ''] = match ?? []
    const value = raw.replace(/^"([^"]*)"$/, '$1')
    if (match === null || value === '') {
      problems.push(`-o ${written} has no value (expected -o Name=value)`)
      return
    }
    switch (name.toLowerCase()) {
      case 'user':
        user ??= value
        return
      case 'port':
        setPort(value)
        return
      case 'identityfile':
        identityFiles.push(value)
        return
      case 'proxyjump':
      case 'proxycommand':
        if (value !== 'none') problems.push(`${name} (jump hosts) is not supported yet`)
        return
      default:
        if (!options.has(name.toLowerCase())) options.set(name.toLowerCase(), value)
    }
  }

  const setFlag = (flag: string, value: string): void => {
    switch (flag) {
      case 'o':
        setOption(value)
        return
      case 'i':
        identityFiles.push(value)
        return
      case 'l':
        user ??= value
        return
      case 'p':
        setPort(value)
        return
      default:
        problems.push(`-${flag} ${value} is not supported yet`)
    }
  }

  const words = splitWords(text)
  if (words === null) return { options, identityFiles, problems: ['a quote is not closed'] }

  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (!/^-[^-]/.test(word)) {
      problems.push(`${word === '' ? 'an empty word' : word} is not an option`)
      continue
    }
    for (let at = 1; at < word.length; at += 1) {
      const flag = word.charAt(at)
      if (valuedFlags.has(flag)) {
        const attached = word.slice(at + 1)
        const value = attached === '' ? words[(index += 1)] : attached
        if (value === undefined) problems.push(`-${flag} has no value`)
        else setFlag(flag, value)
        break
      }
      if (!harmlessFlags.has(flag)) problems.push(`-${flag} is not supported yet`)
    }
  }

  return {
    options,
    identityFiles,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    problems,
  }
}

/** The words a POSIX shell would make of `text`, without any expansion; null when a quote is left open. */
function splitWords(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quoted: '"' | "'" | null = null

  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (quoted !== null) {
      if (character === quoted) quoted = null
      else if (quoted === '"' && character === '\\' && /["\\$`]/.test(text.charAt(index + 1)))
        word += text.charAt((index += 1))
      else word += character
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === '"' || character === "'") {
      quoted = character
      word ??= ''
    } else if (character === '\\' && index + 1 < text.length) {
      word = (word ?? '') + text.charAt((index += 1))
    } else {
      word = (word ?? '') + character
    }
  }
  if (quoted !== null) return null
  if (word !== null) words.push(word)
  return words
}
