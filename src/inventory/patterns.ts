import { parseAddress } from './address.ts'
import type { SourcePlace } from './statement.ts'

/** One term of a host pattern, with its place. */
export interface Term {
  /** What it does to the hosts so far: add its own, keep only its own, or drop its own. */
  readonly effect: 'add' | 'keep' | 'drop'
  /** Name, glob or `~regex`, without `&` or `!`, subscript included. */
  readonly text: string
  readonly at: SourcePlace
}

/**
 * Splits a pattern as Ansible does: at commas; without a comma, and unless the whole is an address or
 * a range, at colons and blanks outside of brackets.
 */
export function splitPattern(pattern: string, at: SourcePlace): readonly Term[] {
  const parts = pattern.includes(',')
    ? pattern.split(',')
    : parseAddress(pattern) !== null
      ? [pattern]
      : (pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [])
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => toTerm(part, at))
}

/** Reads `!` and `&` off one term. */
export function toTerm(text: string, at: SourcePlace): Term {
  if (text.startsWith('!')) return { effect: 'drop', text: text.slice(1), at }
  if (text.startsWith('&')) return { effect: 'keep', text: text.slice(1), at }
  return { effect: 'add', text, at }
}

/** The order in which terms apply wherever they stand: all that add, all that keep, all that drop. */
export function orderTerms(terms: readonly Term[], at: SourcePlace): readonly Term[] {
  const of = (effect: Term['effect']): readonly Term[] => terms.filter((term) => term.effect === effect)
  const adding = of('add')
  return [...(adding.length === 0 ? [toTerm('all', at)] : adding), ...of('keep'), ...of('drop')]
}
