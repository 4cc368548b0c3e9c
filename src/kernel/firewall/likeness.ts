import { networkText, parseNetwork } from './addresses.ts'
import type { FirewallRule, Match } from './ruleset.ts'

/**
 * What a rule and another have in common that do the same, whether a tool printed them or somebody wrote them: `-s 10.0.0.1`
 * is `-s 10.0.0.1/32`, and the order means nothing.
 */
export function likenessOf({ text, matches, verdict, comment }: FirewallRule): string {
  const interfaces = [...text.matchAll(/(?:-i|--in-interface|iif(?:name)?) "?([\w.:@*+-]+)"?/g)].map(
    ([, name]) => name,
  )
  const words = [...new Set(matches.map((match) => JSON.stringify(plain(match))))].toSorted()
  return JSON.stringify([words, interfaces, verdict, comment])
}

function plain(match: Match): object {
  switch (match.on) {
    case 'address':
      return { ...match, networks: match.networks.map(written).toSorted() }
    case 'port':
      return { ...match, ranges: match.ranges.map(([first, last]) => `${first}-${last}`).toSorted() }
    case 'protocol':
    case 'state':
    case 'family':
      return { ...match, values: match.values.map(String).toSorted() }
    case 'loopback':
    case 'local':
    case 'unknown':
      return match
  }
}

function written(network: string): string {
  const parsed = parseNetwork(network)
  return parsed === null ? network : networkText(parsed)
}
