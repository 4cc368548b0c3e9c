import { iptablesRule, nftRule, ourTable, type PlacedRule } from './our-rules.ts'
import type { Chain, IpFamily } from './ruleset.ts'
import { addressesOf, portsText, type Service, serviceComment } from './service.ts'

/** Which packets: those that come in for the host or those that it sends. */
export type Way = 'arriving' | 'leaving'

/** How a tool writes the rules of a service. */
export interface RuleWriter {
  /**
   * Those that take its packets of both ways out of tracking, but for those that the host sends to itself: a packet on `lo`
   * keeps the entry that it got when it was sent (nf_conntrack_in), so that requests are tracked there anyway; with
   * untracked replies they would stay unanswered for conntrack, and the replies be unknown to a firewall.
   */
  readonly notrack: (service: Service) => readonly PlacedRule[]
  /** Those that let its untracked packets of one way pass a chain. */
  readonly accept: (service: Service, way: Way, chain: Chain) => readonly PlacedRule[]
}

/** nftables: a table of our own for both families, and rules in the chains of others that would drop. */
export const nftWriter: RuleWriter = {
  notrack: (service) =>
    (['arriving', 'leaving'] as const).flatMap((way) =>
      nftMatches(service, way, null).map((match) => ({
        chain: { ...ourTable, name: way === 'arriving' ? 'prerouting' : 'output' },
        rule: nftRule(
          `${match.address}${way === 'arriving' ? 'iifname != "lo" fib daddr type local ' : 'oifname != "lo" '}${match.port} notrack comment "${serviceComment(service)}"`,
        ),
      })),
    ),
  accept: (service, way, { family, table, name }) =>
    nftMatches(service, way, family === 'ip' || family === 'ip6' ? family : null).map((match) => ({
      chain: { family, table, name },
      rule: nftRule(
        `${match.address}${match.port} ct state untracked accept comment "${serviceComment(service)}"`,
      ),
    })),
}

function nftMatches(
  service: Service,
  way: Way,
  family: IpFamily | null,
): readonly { readonly address: string; readonly port: string }[] {
  const port = `${service.protocol} ${portField(service, way)}port ${portsText(service.ports, '-')}`
  if (service.addresses === null) return [{ address: '', port }]
  const field = way === 'arriving' ? 'saddr' : 'daddr'
  return (['ip', 'ip6'] as const).flatMap((one) => {
    const addresses = addressesOf(service, one) ?? []
    if (addresses.length === 0 || (family !== null && family !== one)) return []
    const [first = ''] = addresses
    const list = addresses.length === 1 ? first : `{ ${addresses.join(', ')} }`
    return [{ address: `${one} ${field} ${list} `, port }]
  })
}

/** iptables, or ip6tables, with the target that this kernel has: CT came with 2.6.34 (xt_CT.c), NOTRACK is its elder. */
export function iptablesWriter(family: IpFamily, target: 'CT --notrack' | 'NOTRACK'): RuleWriter {
  return {
    notrack: (service) =>
      (['arriving', 'leaving'] as const).flatMap((way) =>
        iptablesMatches(service, way, family).map(({ address, port }) => {
          const local = way === 'arriving' ? '-m addrtype --dst-type LOCAL ' : ''
          const wire = way === 'arriving' ? '! -i lo ' : '! -o lo '
          return {
            chain: { family, table: 'raw', name: way === 'arriving' ? 'PREROUTING' : 'OUTPUT' },
            rule: iptablesRule(
              `${address}${wire}-p ${service.protocol} ${local}${port} -m comment --comment ${serviceComment(service)} -j ${target}`,
            ),
          }
        }),
      ),
    accept: (service, way, { table, name }) =>
      iptablesMatches(service, way, family).map(({ address, port }) => ({
        chain: { family, table, name },
        rule: iptablesRule(
          `${address}-p ${service.protocol} ${port} -m conntrack --ctstate UNTRACKED -m comment --comment ${serviceComment(service)} -j ACCEPT`,
        ),
      })),
  }
}

function iptablesMatches(
  service: Service,
  way: Way,
  family: IpFamily,
): readonly { readonly address: string; readonly port: string }[] {
  const { protocol, ports } = service
  const port = `-m ${protocol} --${portField(service, way)}port ${portsText(ports, ':')}`
  const addresses = addressesOf(service, family)
  if (addresses === null) return [{ address: '', port }]
  const option = way === 'arriving' ? '-s' : '-d'
  const full = family === 'ip' ? '/32' : '/128'
  return addresses.map((one) => ({
    address: `${option} ${one.includes('/') ? one : `${one}${full}`} `,
    port,
  }))
}

/** `d` or `s`: on which side of a packet the service's port stands. */
function portField({ direction }: Service, way: Way): 'd' | 's' {
  return (direction === 'in') === (way === 'arriving') ? 'd' : 's'
}
