import type { Host } from './inventory.ts'
import { isEncrypted, unsafeText } from './marked-value.ts'
import { fillTemplate } from './template.ts'

/** Something wrong with a variable of a host: `fact` begins with the variable's name. */
export interface VariableProblem {
  readonly fact: string
  readonly remedy: string
}

/** Reads variables of one host, templates filled; what is wrong goes to `problems` and reads as absent. */
export interface VariableReader {
  /** The first of `names` that is set and not null. */
  text(names: readonly string[]): string | undefined
  whole(names: readonly string[], from: number, to: number, unit: string): number | undefined
  /** Ansible's words for yes and no. */
  truth(names: readonly string[]): boolean | undefined
  readonly problems: VariableProblem[]
}

const yes = ['y', 'yes', 'on', '1', 'true', 't']
const no = ['n', 'no', 'off', '0', 'false', 'f']

export function variableReader({ vars }: Host): VariableReader {
  const problems: VariableProblem[] = []

  const find = (names: readonly string[]): { name: string; value: unknown } | undefined => {
    const name = names.find((candidate) => Object.hasOwn(vars, candidate) && vars[candidate] !== null)
    if (name === undefined) return undefined
    const value = vars[name]
    if (isEncrypted(value)) {
      problems.push({
        fact: `${name} is encrypted with ansible-vault, which is not decrypted yet`,
        remedy: plain,
      })
      return undefined
    }
    const literal = unsafeText(value)
    if (literal !== null) return { name, value: literal }
    if (typeof value !== 'string') return { name, value }
    const filled = fillTemplate(value, vars)
    if (filled.ok) return filled.value === null ? undefined : { name, value: filled.value }
    problems.push({ fact: `${name} cannot be filled in: ${filled.why}`, remedy: plain })
    return undefined
  }

  const refuse = (name: string, value: unknown, expected: string): undefined => {
    problems.push({ fact: `${name} is ${spell(value)}, not ${expected}`, remedy: `give it ${expected}` })
  }

  return {
    problems,
    text(names) {
      const found = find(names)
      if (found === undefined) return undefined
      const { name, value } = found
      if (typeof value === 'number' || typeof value === 'bigint') return String(value)
      if (typeof value === 'string') return value === '' ? undefined : value
      return refuse(name, value, 'text')
    },
    whole(names, from, to, unit) {
      const found = find(names)
      if (found === undefined || found.value === '') return undefined
      const { name, value } = found
      const number = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value
      if (typeof number === 'number' && Number.isInteger(number) && number >= from && number <= to)
        return number
      return refuse(name, value, `${unit} from ${from} to ${to}`)
    },
    truth(names) {
      const found = find(names)
      if (found === undefined) return undefined
      const { name, value } = found
      const word = spell(value).replaceAll('"', '').trim().toLowerCase()
      if (yes.includes(word)) return true
      return no.includes(word) ? false : refuse(name, value, 'yes or no')
    },
  }
}

function spell(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : 'a list or mapping'
}

const plain = 'write the value itself, or a plain {{ variable }} that is set for this host'
