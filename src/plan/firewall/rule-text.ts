import type { PlacedRule } from '../../kernel/firewall/our-rules.ts'

/** Which program a change of rules goes through: `nft`, or one of iptables' by its full name. */
export const rulePaths = [
  'nft',
  'iptables-legacy',
  'ip6tables-legacy',
  'iptables-nft',
  'ip6tables-nft',
] as const

export type RulePath = (typeof rulePaths)[number]

/**
 * Rules as lines, as rules.sh takes them and a diff shows them; null where there are none. What lets untracked packets
 * pass stands before what untracks them; beyond that their order means nothing, and is always the same.
 */
export function ruleText(path: RulePath, placed: readonly PlacedRule[]): string | null {
  if (placed.length === 0) return null
  const isAccept = ({ rule }: PlacedRule): boolean => rule.verdict.kind === 'accept'
  const lines = (some: readonly PlacedRule[]): string => some.map(line).toSorted().join('')
  return lines(placed.filter(isAccept)) + lines(placed.filter((one) => !isAccept(one)))

  function line({ chain: { family, table, name }, rule }: PlacedRule): string {
    const place = path === 'nft' ? `${family} ${table} ${name}` : `${table} ${name}`
    return `${place}: ${rule.text}\n`
  }
}
