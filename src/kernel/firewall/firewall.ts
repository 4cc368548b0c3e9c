import type { FirewallFacts } from './firewall-facts.ts'
import { parseIptables } from './parse-iptables.ts'
import { parseNft } from './parse-nft.ts'
import type { Chain, Ruleset } from './ruleset.ts'

/**
 * By what a host keeps its packet filter. `mixed`: rules of the old ip_tables and of nf_tables both judge what comes
 * in. `none`: nothing of the kind is there, and no tool for it either.
 */
export type FirewallKind = 'nft' | 'iptables-nft' | 'iptables-legacy' | 'firewalld' | 'ufw' | 'mixed' | 'none'

export interface Firewall {
  readonly kind: FirewallKind
  /** Which program of iptables' works on it; only for `iptables-*` and what stands on those. */
  readonly tool: 'iptables-legacy' | 'iptables-nft' | null
  readonly ruleset: Ruleset
}

const iptablesTables: readonly string[] = ['filter', 'nat', 'mangle', 'raw', 'security']

/** The packet filter that these facts tell of. */
export function firewallOf(facts: FirewallFacts): Firewall {
  const nft = facts.nft === null ? [] : parseNft(facts.nft)
  const saved = facts.saved.map(({ tool, family, text }) => ({ tool, chains: parseIptables(text, family) }))
  const of = (wanted: string): readonly Chain[] =>
    saved.flatMap(({ tool, chains }) => (tool === wanted ? chains : []))
  const [legacy, translated] = [of('iptables-legacy'), of('iptables-nft')]
  const native = translated.length === 0 ? nft : nft.filter((chain) => !isOfIptables(chain))
  const ruleset = { chains: [...legacy, ...translated, ...native] }
  const tool = legacy.some(hasRules)
    ? 'iptables-legacy'
    : translated.length > 0
      ? 'iptables-nft'
      : toolOf(facts)
  const kind = kindOf({ legacy, translated, native, facts })
  return { kind, tool: kind === 'nft' || kind === 'none' ? null : tool, ruleset }
}

interface Sources {
  readonly legacy: readonly Chain[]
  readonly translated: readonly Chain[]
  readonly native: readonly Chain[]
  readonly facts: FirewallFacts
}

function kindOf({ legacy, translated, native, facts }: Sources): FirewallKind {
  const all = [...legacy, ...translated, ...native]
  if (
    native.some(({ table }) => table === 'firewalld') ||
    all.some(({ name }) => /^(INPUT_direct|INPUT_ZONES)$/.test(name))
  )
    return 'firewalld'
  const isNative = native.some(isInput)
  if (legacy.some(isInput) && (isNative || translated.some(isInput))) return 'mixed'
  if (all.some(({ name }) => /^ufw6?-before-input$/.test(name))) return isNative ? 'mixed' : 'ufw'
  if (isNative) return 'nft'
  if (translated.some(isInput)) return 'iptables-nft'
  if (legacy.some(hasRules)) return 'iptables-legacy'
  if (facts.tools.has('nft') && facts.hasNfTables) return 'nft'
  if (translated.length > 0) return 'iptables-nft'
  return toolOf(facts) ?? (facts.tools.has('nft') ? 'nft' : 'none')
}

/** Does it judge what comes in, other than by letting all of it in? */
function isInput({ base, rules }: Chain): boolean {
  return base?.hook === 'input' && (rules.length > 0 || base.policy === 'drop')
}

function hasRules({ base, rules }: Chain): boolean {
  return rules.length > 0 || base?.policy === 'drop'
}

/** Made by iptables-nft: its tables, with the names of the chains of old. */
function isOfIptables({ family, table, name, base }: Chain): boolean {
  return (
    (family === 'ip' || family === 'ip6') &&
    iptablesTables.includes(table) &&
    (base === null || /^[A-Z]+$/.test(name))
  )
}

function toolOf({ tools }: FirewallFacts): Firewall['tool'] {
  const path = tools.get('iptables')
  if (path === undefined) return null
  return path.includes('nft') ? 'iptables-nft' : 'iptables-legacy'
}
