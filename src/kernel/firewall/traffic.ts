import { contains, overlaps, parseNetwork } from './addresses.ts'
import type { FirewallRule, IpFamily, Match, PortRange, Side } from './ruleset.ts'

/** A kind of packets that comes from or goes to the network. What is null may be anything. */
export interface Traffic {
  readonly family: IpFamily
  readonly protocol: string
  readonly ports: { readonly [side in Side]: PortRange | null }
  readonly networks: { readonly [side in Side]: readonly string[] | null }
  /** As `ct state` has it. */
  readonly state: 'new' | 'established' | 'untracked'
  /** Which of its addresses is the host's own. */
  readonly local: Side
}

/** `maybe`: for some of these packets, or it cannot be told. */
export type Fit = 'yes' | 'no' | 'maybe'

/** Does the rule apply to these packets? */
export function fitRule({ matches }: FirewallRule, traffic: Traffic): Fit {
  const fits = matches.map((match) => fitMatch(match, traffic))
  if (fits.includes('no')) return 'no'
  return fits.includes('maybe') ? 'maybe' : 'yes'
}

function fitMatch(match: Match, traffic: Traffic): Fit {
  const fit = fitPlain(match, traffic)
  if (match.negated !== true || fit === 'maybe') return fit
  return fit === 'yes' ? 'no' : 'yes'
}

function fitPlain(match: Match, traffic: Traffic): Fit {
  switch (match.on) {
    case 'protocol':
      return match.values.includes(traffic.protocol) ? 'yes' : 'no'
    case 'state':
      return match.values.includes(traffic.state) ? 'yes' : 'no'
    case 'family':
      return match.values.includes(traffic.family) ? 'yes' : 'no'
    case 'port':
      return fitPorts(match.ranges, traffic.ports[match.side])
    case 'address':
      return fitNetworks(match.networks, traffic.networks[match.side])
    case 'local':
      return match.side === traffic.local ? 'yes' : 'maybe'
    // These packets come from or go to the network.
    case 'loopback':
      return 'no'
    case 'unknown':
      return 'maybe'
  }
}

function fitPorts(ranges: readonly PortRange[], ports: PortRange | null): Fit {
  if (ports === null) return 'maybe'
  const [first, last] = ports
  if (ranges.some(([low, high]) => low <= first && last <= high)) return 'yes'
  return ranges.some(([low, high]) => low <= last && first <= high) ? 'maybe' : 'no'
}

function fitNetworks(matched: readonly string[], own: readonly string[] | null): Fit {
  const networks = matched.map(parseNetwork)
  if (networks.some((network) => network === null)) return 'maybe'
  const outer = networks.filter((network) => network !== null)
  if (outer.some(({ length }) => length === 0)) return 'yes'
  const inner = own?.map(parseNetwork).filter((network) => network !== null)
  if (inner === undefined) return 'maybe'
  if (inner.every((one) => outer.some((other) => contains(other, one)))) return 'yes'
  return inner.some((one) => outer.some((other) => overlaps(other, one))) ? 'maybe' : 'no'
}
