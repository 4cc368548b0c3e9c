import { parseNetwork } from './addresses.ts'
import { commentPrefix } from './our-rules.ts'
import type { IpFamily, PortRange, Side } from './ruleset.ts'
import type { Traffic } from './traffic.ts'

/** Traffic of one service, as a playbook names it. */
export interface Service {
  /** `in`: the service is the host's own. `out`: it is elsewhere, and the host asks it. */
  readonly direction: 'in' | 'out'
  readonly protocol: string
  readonly ports: PortRange
  /** Of the other side; null: any. */
  readonly addresses: readonly string[] | null
}

/** `in-tcp-80`, `out-udp-5000-5010`: by this name its rules are known again. */
export function serviceId({ direction, protocol, ports }: Service): string {
  return `${direction}-${protocol}-${portsText(ports, '-')}`
}

/** The comment of its rules. */
export function serviceComment(service: Service): string {
  return `${commentPrefix}${serviceId(service)}`
}

/** `80`, or with a separator of the tool `5000-5010`. */
export function portsText([first, last]: PortRange, separator: string): string {
  return first === last ? `${first}` : `${first}${separator}${last}`
}

/** `tcp port 80`, for people. */
export function serviceText({ protocol, ports, direction }: Service): string {
  return `${protocol} port ${portsText(ports, '-')}${direction === 'out' ? ' of others' : ''}`
}

/** The service's addresses of a family; null: any. Empty: none of that family. */
export function addressesOf({ addresses }: Service, family: IpFamily): readonly string[] | null {
  return addresses?.filter((address) => parseNetwork(address)?.family === family) ?? null
}

/**
 * Its packets of a family as they come in or go out. The far end of an incoming service has any port, its own end the
 * service's.
 */
export function trafficOf(
  service: Service,
  family: IpFamily,
  way: 'arriving' | 'leaving',
  state: Traffic['state'],
): Traffic {
  const local: Side = way === 'arriving' ? 'destination' : 'source'
  const far: Side = way === 'arriving' ? 'source' : 'destination'
  const portSide = service.direction === 'in' ? local : far
  const addresses = addressesOf(service, family)
  return {
    family,
    protocol: service.protocol,
    state,
    local,
    ports: { source: null, destination: null, [portSide]: service.ports },
    networks: { source: null, destination: null, [far]: addresses },
  }
}
