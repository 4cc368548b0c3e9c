import type { Budget } from './budget.ts'
import { asText, defined, describe, isMap, isNumber, type PlainMap, Unfillable } from './value.ts'

/** What stands in the parentheses of a filter, test or function. */
export interface Arguments {
  readonly positional: readonly unknown[]
  readonly named: ReadonlyMap<string, unknown>
}

export const noArguments: Arguments = { positional: [], named: new Map() }

/** What filters need beside their arguments. */
export interface Tools {
  readonly budget: Budget
  /** `value[key]`, with the templates in it filled; `path` names the value. */
  readonly member: (value: unknown, key: unknown, path: string) => unknown
  readonly filter: (name: string, value: unknown, given: Arguments) => unknown
  readonly test: (name: string, value: unknown, given: Arguments) => boolean
}

/** The argument at `index`, or the one called `name`; undefined where there is none. */
export function argument({ positional, named }: Arguments, index: number, name: string): unknown {
  return named.has(name) ? named.get(name) : positional[index]
}

export function without({ positional, named }: Arguments, count: number): Arguments {
  return { positional: positional.slice(count), named }
}

export function textArgument(given: Arguments, index: number, name: string, otherwise?: string): string {
  const value = argument(given, index, name) ?? otherwise
  if (value === undefined) throw new Unfillable(`the argument ${name} is missing`)
  return asText(value)
}

export function listOf(value: unknown): readonly unknown[] {
  const known = defined(value)
  if (Array.isArray(known)) return known
  if (typeof known === 'string') return Array.from(known)
  return Object.keys(mapOf(known, 'a list'))
}

export function mapOf(value: unknown, expected = 'a mapping'): PlainMap {
  const known = defined(value)
  if (isMap(known)) return known
  throw new Unfillable(`${describe(known)} is not ${expected}`)
}

export function numberOf(value: unknown): number {
  const known = defined(value)
  if (isNumber(known)) return known
  if (typeof known === 'boolean') return Number(known)
  throw new Unfillable(`${describe(known)} is not a number`)
}
