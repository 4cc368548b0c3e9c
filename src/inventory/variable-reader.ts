import type { Host } from './inventory.ts'
import type { SourcePlace } from './statement.ts'
import { fillValue } from './template.ts'

/** Something wrong with a variable of a host: `fact` begins with the variable's name. */
export interface VariableProblem {
  readonly fact: string
  readonly remedy: string
  /** Where the variable is set, if that is known. */
  readonly at?: SourcePlace
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

interface Found {
  readonly name: string
  readonly value: unknown
  readonly isSecret: boolean
}

/** What is said of a template that lacks something. */
export const notFilled = 'cannot be filled in'

/** Ansible's words for yes and no, in small letters. */
export const yesWords: readonly string[] = ['y', 'yes', 'on', '1', 'true', 't']
export const noWords: readonly string[] = ['n', 'no', 'off', '0', 'false', 'f']

export function variableReader(host: Host): VariableReader {
  const { vars } = host
  const problems: VariableProblem[] = []

  const complain = (name: string, what: string, remedy: string): void => {
    const at = host.placeOf?.(name)
    problems.push({ fact: `${name} ${what}`, remedy, ...(at === undefined ? {} : { at }) })
  }

  const find = (names: readonly string[]): Found | undefined => {
    const name = names.find((candidate) => Object.hasOwn(vars, candidate) && vars[candidate] !== null)
    if (name === undefined) return undefined
    const isOwnSecret = host.placeOf?.(name)?.isSecret === true
    const filled = fillValue(vars[name], host, isOwnSecret)
    if (!filled.ok) {
      complain(name, `${notFilled}: ${filled.why}`, 'correct the template, or set what it refers to')
      return undefined
    }
    return filled.value === null ? undefined : { name, value: filled.value, isSecret: filled.isSecret }
  }

  const refuse = ({ name, value, isSecret }: Found, expected: string): undefined => {
    complain(
      name,
      `is ${isSecret ? 'something encrypted' : spell(value)}, not ${expected}`,
      `give it ${expected}`,
    )
  }

  return {
    problems,
    text(names) {
      const found = find(names)
      if (found === undefined) return undefined
      const { value } = found
      if (typeof value === 'number' || typeof value === 'bigint') return String(value)
      if (typeof value === 'string') return value === '' ? undefined : value
      return refuse(found, 'text')
    },
    whole(names, from, to, unit) {
      const found = find(names)
      if (found === undefined || found.value === '') return undefined
      const { value } = found
      const number = typeof value === 'string' && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : value
      if (typeof number === 'number' && Number.isInteger(number) && number >= from && number <= to)
        return number
      return refuse(found, `${unit} from ${from} to ${to}`)
    },
    truth(names) {
      const found = find(names)
      if (found === undefined) return undefined
      const word = spell(found.value).replaceAll('"', '').trim().toLowerCase()
      if (yesWords.includes(word)) return true
      return noWords.includes(word) ? false : refuse(found, 'yes or no')
    },
  }
}

function spell(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : 'a list or mapping'
}
