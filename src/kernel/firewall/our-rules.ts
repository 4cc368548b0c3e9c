import { parseIptablesRule } from './parse-iptables.ts'
import { parseNftRule } from './parse-nft-rule.ts'
import type { Chain, FirewallRule, Ruleset } from './ruleset.ts'

/** All rules of ours bear a comment that begins so; behind it stands for which service they are. */
export const commentPrefix = 'conntrackctl-'

/** The table of nftables that is ours alone. */
export const ourTable = { family: 'inet', table: 'conntrackctl' } as const

/** A rule of ours and the chain that it stands in, or shall stand in. */
export interface PlacedRule {
  readonly chain: Pick<Chain, 'family' | 'table' | 'name'>
  readonly rule: FirewallRule
}

/** By its comment. */
export function isOurs({ comment }: FirewallRule): boolean {
  return comment.startsWith(commentPrefix)
}

/** The rules of ours in a ruleset, in its order; one that stands there twice counts once. */
export function oursIn({ chains }: Ruleset): readonly PlacedRule[] {
  const placed = chains.flatMap((chain) => chain.rules.filter(isOurs).map((rule) => ({ chain, rule })))
  return [...new Map(placed.map((one) => [`${chainKey(one.chain)} ${one.rule.text}`, one])).values()]
}

/** The ruleset as it would be without us. */
export function withoutOurs({ chains }: Ruleset): Ruleset {
  return {
    chains: chains
      .filter(({ family, table }) => family !== ourTable.family || table !== ourTable.table)
      .map((chain) => ({ ...chain, rules: chain.rules.filter((rule) => !isOurs(rule)) })),
  }
}

export function chainKey({ family, table, name }: PlacedRule['chain']): string {
  return `${family} ${table} ${name}`
}

/** What two rules have in common that do the same in the same place, however their tool prints them. */
export function ruleKey({ chain, rule }: PlacedRule): string {
  const matches = rule.matches.map((match) => JSON.stringify(sorted(match))).toSorted()
  return JSON.stringify([chainKey(chain), matches, rule.verdict, rule.comment])
}

function sorted(match: FirewallRule['matches'][number]): object {
  return Object.fromEntries(
    Object.entries(match)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String).toSorted() : value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

/** A rule of nftables from its text, where it is one. */
export function nftRule(text: string): FirewallRule {
  const [rule] = parseNftRule(text)
  if (rule === undefined) throw new Error(`no rule: ${text}`)
  return rule
}

export const iptablesRule = parseIptablesRule
