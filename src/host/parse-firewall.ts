import type { FirewallFacts, LoadedModule } from '../kernel/firewall/firewall-facts.ts'

type Words = ReadonlyMap<string, readonly string[]>

/** Characters; firewall.sh sends no more of one listing. */
const longestListing = 500_000

const savedNames = [
  ['iptables-legacy', 'ip'],
  ['iptables-legacy', 'ip6'],
  ['iptables-nft', 'ip'],
  ['iptables-nft', 'ip6'],
] as const

/** What firewall.sh said; null when it was not asked. */
export function parseFirewall(words: Words, rulesets: ReadonlyMap<string, string>): FirewallFacts | null {
  if (!words.has('firewall')) return null
  const listing = (name: string): string | null => {
    const text = rulesets.get(name)
    return text === undefined || text.length > longestListing ? null : text
  }
  const states = (words.get('ruleset') ?? []).map((rest) => rest.split(' '))
  const port = Number(/^\d{1,5}$/.exec(words.get('ssh_port')?.[0] ?? '')?.[0] ?? Number.NaN)
  const modules = listing('any modules')
  return {
    hasNfTables: words.has('nf_tables'),
    hasIpv6: words.has('ipv6'),
    nft: listing('inet nft'),
    saved: savedNames.flatMap(([tool, family]) => {
      const text = listing(`${family} ${tool}`)
      return text === null ? [] : [{ tool, family, text }]
    }),
    unreadable: states.flatMap(([, name = '', state]) => (state === 'present' ? [] : [name])),
    tools: new Map(
      (words.get('tool') ?? []).slice(0, 20).map((rest) => {
        const [name = '', path = ''] = rest.split(' ')
        return [name, path] as const
      }),
    ),
    sshPort: Number.isNaN(port) ? null : port,
    interfaces: (words.get('interfaces')?.[0] ?? '')
      .split(' ')
      .filter((name) => /^[\w.:@-]{1,15}$/.test(name)),
    modules: modules?.split('\n').flatMap(parseModule) ?? null,
  }
}

/** `nf_nat 57344 2 nft_chain_nat,xt_MASQUERADE, Live 0x…` */
function parseModule(line: string): readonly LoadedModule[] {
  const [, name, uses, users = ''] = /^(\w{1,64}) \d+ (\d{1,6}) (\S+)/.exec(line) ?? []
  if (name === undefined) return []
  return [{ name, uses: Number(uses), users: users.split(',').filter((user) => /^\w{1,64}$/.test(user)) }]
}
