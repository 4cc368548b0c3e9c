import type { Chain } from './ruleset.ts'

/** A rule without its state match, as text; or why there is none. */
export type Stripped =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string }

/** Where a rule stands. */
export type ChainPlace = Pick<Chain, 'family' | 'table' | 'name'>

/** What shall stand in the place of a rule; null: it stays. */
export type Rewrite = (place: ChainPlace, rule: string) => string | null

/** States that a packet may have; whatever else iptables asks for by the same word (DNAT, SNAT) is none. */
const states: readonly string[] = ['new', 'established', 'related', 'invalid', 'untracked']

/** What speaks against leaving out a match of these states; null for nothing. */
export function whyNoState(values: readonly string[]): string | null {
  const strange = values.find((value) => !states.includes(value))
  if (strange !== undefined) return `it looks at ${strange} as well`
  return values.includes('new') ? null : 'it is none for connections that begin'
}

/** A text without some of its parts, and without the blanks behind those. */
export function withoutParts(
  text: string,
  parts: readonly { readonly start: number; readonly end: number }[],
): string {
  return parts
    .toSorted((one, other) => other.start - one.start)
    .reduce((left, { start, end }) => left.slice(0, start) + left.slice(end).replace(/^[ \t]+/, ''), text)
    .trimEnd()
}
