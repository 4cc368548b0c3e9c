import { parseNftRule } from './parse-nft-rule.ts'
import type { Chain, FirewallRule, Hook } from './ruleset.ts'

/** Names that stand for numbers in a chain's priority (nft(8), "Standard priority names"). */
const priorities: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
}

const families: readonly string[] = ['ip', 'ip6', 'inet']

/**
 * What `nft list ruleset` printed. Sets, maps and whatever else is no chain are passed over: a rule that uses one
 * applies perhaps.
 */
export function parseNft(text: string): readonly Chain[] {
  const chains: (Chain & { rules: FirewallRule[]; base: Chain['base'] })[] = []
  let table: Pick<Chain, 'family' | 'table'> | null = null
  let chain: (typeof chains)[number] | null = null
  // Of a set or map within a table: how many braces are open.
  let skipped = 0
  for (const raw of text.split('\n')) {
    const line = raw.replace(/ # handle \d+$/, '').trim()
    if (skipped > 0) {
      skipped += braces(line)
      continue
    }
    const [, family = '', name] = /^table (?:(\w+) )?(\S+) \{$/.exec(line) ?? []
    const [, chainName] = /^chain (\S+) \{$/.exec(line) ?? []
    if (name !== undefined) {
      table = { family: families.includes(family) ? (family as Chain['family']) : 'other', table: name }
    } else if (chainName !== undefined && table !== null) {
      chain = { ...table, name: chainName, base: null, rules: [] }
      chains.push(chain)
    } else if (line === '}') {
      if (chain !== null) chain = null
      else table = null
    } else if (chain === null) {
      skipped = Math.max(0, braces(line))
    } else if (line.startsWith('type ')) {
      chain.base = parseBase(line)
    } else if (line !== '' && !line.startsWith('#') && !/^(policy|comment) /.test(line)) {
      chain.rules.push(...parseNftRule(line))
    }
  }
  return chains
}

function braces(line: string): number {
  const bare = line.replaceAll(/"[^"]*"/g, '')
  return bare.split('{').length - bare.split('}').length
}

/** `type filter hook input priority filter + 10; policy drop;` */
function parseBase(line: string): Chain['base'] {
  const [, hook, word = '', sign, offset] =
    /^type \w+ hook (\w+)(?: device\S* .*?)? priority (\w+|-?\d+)(?: ([+-]) (\d+))?;/.exec(line) ?? []
  if (hook === undefined) return null
  const named = priorities[word] ?? Number(word)
  const priority = named + (offset === undefined ? 0 : Number(`${sign}${offset}`))
  return { hook: hook as Hook, priority, policy: /policy drop;/.test(line) ? 'drop' : 'accept' }
}
