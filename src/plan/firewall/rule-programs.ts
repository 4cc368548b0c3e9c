import type { Firewall } from '../../kernel/firewall/firewall.ts'
import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { iptablesWriter, nftWriter, type RuleWriter } from '../../kernel/firewall/notrack-rules.ts'
import type { Chain, IpFamily } from '../../kernel/firewall/ruleset.ts'
import { isAtLeast } from '../../kernel/release.ts'
import type { RulePath } from './rule-text.ts'

/** One program that makes rules on a host. */
export interface RuleProgram {
  readonly path: RulePath
  /** Of which packets. */
  readonly families: readonly IpFamily[]
  readonly writer: RuleWriter
}

/** Through which programs a host's rules go: nft does both families, iptables has one for each. */
export function ruleProgramsOf(
  { kind, tool }: Firewall,
  { hasIpv6 }: FirewallFacts,
  kernel: string,
): readonly RuleProgram[] {
  if (kind === 'nft') return [{ path: 'nft', families: ['ip', 'ip6'], writer: nftWriter }]
  if (tool === null) return []
  // xt_CT.c is in 2.6.34 and later.
  const target = isAtLeast(kernel, '2.6.34') === false ? 'NOTRACK' : 'CT --notrack'
  const variant = tool === 'iptables-legacy' ? 'legacy' : 'nft'
  const programs: RuleProgram[] = [
    { path: `iptables-${variant}`, families: ['ip'], writer: iptablesWriter('ip', target) },
    { path: `ip6tables-${variant}`, families: ['ip6'], writer: iptablesWriter('ip6', target) },
  ]
  return programs.filter(({ families }) => hasIpv6 || families.includes('ip'))
}

/** Where rules go that let packets pass a base chain: ufw keeps chains for what others add. */
export function entranceOf({ kind, ruleset }: Firewall, chain: Chain): Chain {
  if (kind !== 'ufw' || chain.table !== 'filter') return chain
  const prefix = chain.family === 'ip6' ? 'ufw6' : 'ufw'
  const name = `${prefix}-before-${chain.name.toLowerCase()}`
  return (
    ruleset.chains.find(
      (one) => one.family === chain.family && one.table === chain.table && one.name === name,
    ) ?? chain
  )
}
