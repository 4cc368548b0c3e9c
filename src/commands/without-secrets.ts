import { splitShellWords } from '../inventory/shell-words.ts'

const longOption = '--extra-vars'

/** Whoever has such an address may use it. */
const secretAddresses = ['--ping-url', '--notify-url', '--notify-command']

/**
 * A command line as it may be kept: the values of `--extra-vars` may be secrets, so only the names of
 * the variables stay, and nothing of the addresses of monitors and webhooks. A file (`@vars.yml`) is named, not held, and stays as it is.
 */
export function withoutSecrets(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1]
    if (before !== undefined && secretAddresses.includes(before)) return '***'
    const address = secretAddresses.find((option) => word.startsWith(`${option}=`))
    if (address !== undefined) return `${address}=***`
    if (before === '-e' || before === longOption) return masked(word)
    if (word.startsWith(`${longOption}=`)) return `${longOption}=${masked(word.slice(longOption.length + 1))}`
    if (/^-[bCDvq]*e./.test(word)) {
      const end = word.indexOf('e') + 1
      return `${word.slice(0, end)}${masked(word.slice(end))}`
    }
    return word
  })
}

function masked(vars: string): string {
  if (vars.startsWith('@')) return vars
  const split = splitShellWords(vars)
  const names = split.ok ? split.words.map(({ text }) => /^([A-Za-z_]\w*)=/.exec(text)?.[1]) : []
  const isPairs = names.length > 0 && names.every((name) => name !== undefined)
  return isPairs ? names.map((name) => `${name}=***`).join(' ') : '***'
}
