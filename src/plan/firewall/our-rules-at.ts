import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { firewallOf } from '../../kernel/firewall/firewall.ts'
import { oursIn } from '../../kernel/firewall/our-rules.ts'
import { rulePaths, ruleText } from './rule-text.ts'

/** Our rules of one program as they are in the kernel, in the words of a change; null for none. */
export function ourRulesAt(path: string, facts: FirewallFacts): string | null | undefined {
  const known = rulePaths.find((one) => one === path)
  if (known === undefined) return undefined
  const family = known.startsWith('ip6') ? 'ip6' : 'ip'
  const placed = oursIn(firewallOf(facts).ruleset)
  return ruleText(known, known === 'nft' ? placed : placed.filter(({ chain }) => chain.family === family))
}
