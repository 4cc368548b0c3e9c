/** What a string of ssh options (`ansible_ssh_common_args`, `--ssh-common-args`) asks for. */
export interface SshArguments {
  /** The same for a command line of ssh. */
  readonly words: readonly string[]
  /** `-F`, or null. */
  readonly configFile: string | null
  /**
   * Options by their names in lower case, those with letters of their own (`-p`, `-J`, …) too. The first one counts,
   * as with ssh; `identityfile` has all.
   */
  readonly options: ReadonlyMap<string, readonly string[]>
  /** What cannot be honoured, each a sentence without a full stop. */
  readonly problems: readonly string[]
}

/** Flags without a value that change nothing here: compression, logging, forwarding. */
const harmlessFlags = new Set('CTqvxXYaAknKg')
/** Flags without a value that are an option. */
const shortOptions: ReadonlyMap<string, readonly [name: string, value: string]> = new Map([
  ['4', ['AddressFamily', 'inet']],
  ['6', ['AddressFamily', 'inet6']],
  ['t', ['RequestTTY', 'force']],
])
/** Flags with a value that are an option. */
const valuedOptions: ReadonlyMap<string, string> = new Map([
  ['i', 'IdentityFile'],
  ['l', 'User'],
  ['p', 'Port'],
  ['J', 'ProxyJump'],
  ['b', 'BindAddress'],
  ['B', 'BindInterface'],
  ['c', 'Ciphers'],
  ['m', 'MACs'],
  ['I', 'PKCS11Provider'],
  ['S', 'ControlPath'],
])
/** Flags with a value that ask for something else than a shell. */
const otherValuedFlags = new Set('DEeLOQRWw')

/** Reads `text` as ssh would read its command line. Never throws: what is not understood is in `problems`. */
export function parseSshArguments(text: string): SshArguments {
  const options = new Map<string, string[]>()
  const words: string[] = []
  const problems: string[] = []
  let configFile: string | null = null

  const setOption = (name: string, value: string): void => {
    const key = name.toLowerCase()
    const number = /^\d{1,5}$/.test(value) ? Number(value) : 0
    if (key === 'port' && (number < 1 || number > 65_535)) {
      problems.push(`port ${value} is not a number from 1 to 65535`)
      return
    }
    const known = options.get(key)
    if (known === undefined) options.set(key, [value])
    else if (key === 'identityfile') known.push(value)
    words.push('-o', `${name}=${/[\s"]/.test(value) && !isList(key) ? quoted(value) : value}`)
  }

  const setWritten = (written: string): void => {
    const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(written)
    const [, name = '', raw = ''] = match ?? []
    if (match === null || raw === '') problems.push(`-o ${written} has no value (expected -o Name=value)`)
    else setOption(name, isList(name.toLowerCase()) ? raw : raw.replace(/^"([^"]*)"$/, '$1'))
  }

  const setFlag = (flag: string, value: string): void => {
    const name = valuedOptions.get(flag)
    if (flag === 'o') setWritten(value)
    else if (flag === 'F') configFile = value
    else if (name === undefined) problems.push(`-${flag} ${value} has no place in a run`)
    else setOption(name, value)
  }

  const split = splitWords(text)
  if (split === null) return { words, configFile, options, problems: ['a quote is not closed'] }

  for (let index = 0; index < split.length; index += 1) {
    const word = split[index] ?? ''
    if (!/^-[^-]/.test(word)) {
      problems.push(`${word === '' ? 'an empty word' : word} is not an option`)
      continue
    }
    for (let at = 1; at < word.length; at += 1) {
      const flag = word.charAt(at)
      if (valuedOptions.has(flag) || otherValuedFlags.has(flag) || flag === 'o' || flag === 'F') {
        const attached = word.slice(at + 1)
        const value = attached === '' ? split[(index += 1)] : attached
        if (value === undefined) problems.push(`-${flag} has no value`)
        else setFlag(flag, value)
        break
      }
      const short = shortOptions.get(flag)
      if (short !== undefined) setOption(...short)
      else if (!harmlessFlags.has(flag)) problems.push(`-${flag} has no place in a run`)
    }
  }
  return { words, configFile, options, problems }
}

/** Options whose value is a command or several words: ssh reads those, quotes included, by itself. */
function isList(key: string): boolean {
  return /^(proxycommand|knownhostscommand|userknownhostsfile|globalknownhostsfile|sendenv|setenv|canonical.*)$/.test(
    key,
  )
}

/** One value for `-o`, whatever it holds. */
function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

/** The words a POSIX shell would make of `text`, without any expansion; null when a quote is left open. */
function splitWords(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null

  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (quote !== null) {
      if (character === quote) quote = null
      else if (quote === '"' && character === '\\' && /["\\$`]/.test(text.charAt(index + 1)))
        word += text.charAt((index += 1))
      else word += character
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (character === '\\' && index + 1 < text.length) {
      word = (word ?? '') + text.charAt((index += 1))
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words
}
