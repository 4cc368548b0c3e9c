import { type Network, networkText, parseNetwork } from '../kernel/firewall/addresses.ts'
import type { PortRange } from '../kernel/firewall/ruleset.ts'
import { serviceId, type Service } from '../kernel/firewall/service.ts'
import { nearest } from '../nearest.ts'
import { showText, showValue } from '../show-value.ts'
import { booleanOf } from './read-boolean.ts'
import { misread, read, type Reading } from './reading.ts'
import type { NotrackService } from './wish.ts'

/** Protocols with ports that both nft and iptables know by these names. */
export const serviceProtocols = ['tcp', 'udp', 'sctp', 'dccp', 'udplite'] as const

/** Rules beyond that number belong into the firewall's own set or map. */
const mostServices = 64

const serviceKeys = ['port', 'ports', 'protocol', 'addresses'] as const
const notrackKeys = [...serviceKeys, 'direction', 'accept', 'state'] as const
type Item = Readonly<Record<string, unknown>>

/** `notrack:`, a list of services; each port of each protocol becomes one. */
export function readNotrack(value: unknown): Reading<readonly NotrackService[]> {
  return readServices(
    value,
    'notrack',
    (item, services) => {
      const accept = switchOf(item, 'accept', true)
      if (!accept.ok) return accept
      const state = readState(item)
      if (!state.ok) return state
      return read(services.map((service) => ({ ...service, accept: accept.value, isPresent: state.value })))
    },
    notrackKeys,
  )
}

/** `stateless_rules:`, a list of services of the host itself. */
export function readStateless(value: unknown): Reading<readonly Service[]> {
  return readServices(value, 'stateless_rules', (_, services) => read(services), serviceKeys)
}

/** A list of services, each made into what a section makes of it. Two for the same port are an error. */
function readServices<Made extends Service>(
  value: unknown,
  section: string,
  make: (item: Item, services: readonly Service[]) => Reading<readonly Made[]>,
  allowedKeys: readonly string[],
): Reading<readonly Made[]> {
  if (!Array.isArray(value) || value.length === 0)
    return misread(
      `expected a list of services, got ${showValue(value)}`,
      `write it as a list: - {port: 80, protocol: tcp}`,
    )
  const made: Made[] = []
  for (const [index, item] of (value as unknown[]).entries()) {
    const reading = readItem(item, section, make, allowedKeys)
    if (!reading.ok) return misread(`item ${index + 1}: ${reading.what}`, reading.remedy)
    made.push(...reading.value)
  }
  const ids = made.map(serviceId)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  if (twice !== undefined)
    return misread(`${showText(twice)} stands there twice`, 'put all its addresses into one item')
  if (made.length > mostServices)
    return misread(
      `these are ${made.length} services`,
      `name ranges of ports, ${mostServices} services at most`,
    )
  return read(made)
}

function readItem<Made>(
  item: unknown,
  section: string,
  make: (item: Item, services: readonly Service[]) => Reading<readonly Made[]>,
  allowedKeys: readonly string[],
): Reading<readonly Made[]> {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return misread(`expected a service, got ${showValue(item)}`, 'write {port: 80, protocol: tcp}')
  const unknown = Object.keys(item).find((key) => !allowedKeys.includes(key))
  if (unknown !== undefined) {
    const close = nearest(unknown, allowedKeys)
    return misread(
      `${section} has no key \`${showText(unknown)}\``,
      close === undefined ? `use some of ${allowedKeys.join(', ')}` : `did you mean \`${close}\`?`,
    )
  }
  const services = readService(item as Item)
  return services.ok ? make(item as Item, services.value) : services
}

function readService(item: Item): Reading<readonly Service[]> {
  const ports = readPorts(item)
  if (!ports.ok) return ports
  const protocols = readProtocols(item['protocol'])
  if (!protocols.ok) return protocols
  const addresses = readAddresses(item['addresses'])
  if (!addresses.ok) return addresses
  const direction = item['direction'] ?? 'in'
  if (direction !== 'in' && direction !== 'out')
    return misread(
      `direction: expected in or out, got ${showValue(direction)}`,
      'write in for a service of the host itself, out for one elsewhere that it asks',
    )
  if (direction === 'out' && addresses.value === null)
    return misread(
      'direction: out needs addresses, since whoever sends from that port would get in',
      'name those that the host asks: addresses: [192.0.2.53]',
    )
  return read(
    protocols.value.flatMap((protocol) =>
      ports.value.map((range) => ({ direction, protocol, ports: range, addresses: addresses.value })),
    ),
  )
}

function readPorts({ port, ports }: Item): Reading<readonly PortRange[]> {
  if ((port === undefined) === (ports === undefined))
    return misread(
      port === undefined ? 'the service has no port' : 'the service has both `port` and `ports`',
      'write port: 80, or ports: [80, 443, 8000-8010]',
    )
  const written: readonly unknown[] = Array.isArray(ports) ? (ports as unknown[]) : [ports ?? port]
  const ranges: PortRange[] = []
  for (const one of written) {
    const [, low, high = low] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(String(one)) ?? []
    if (low === undefined || Number(low) > Number(high) || Number(high) > 65_535)
      return misread(`expected a port, got ${showValue(one)}`, 'write a number from 1 to 65535, or 8000-8010')
    ranges.push([Number(low), Number(high)])
  }
  if (ranges.length === 0) return misread('the list of ports is empty', 'name some, or remove the service')
  return read(ranges)
}

function readProtocols(value: unknown): Reading<readonly string[]> {
  const written: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value]
  const wrong = written.find((one) => !serviceProtocols.some((known) => known === one))
  if (wrong !== undefined || value === undefined || written.length === 0)
    return misread(
      value === undefined ? 'the service has no protocol' : `protocol: there is no ${showValue(wrong)}`,
      `write protocol: tcp, or some of ${serviceProtocols.join(', ')}`,
    )
  return read(written.map(String))
}

function readAddresses(value: unknown): Reading<readonly string[] | null> {
  if (value === undefined) return read(null)
  const written: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value]
  const addresses: Network[] = []
  for (const one of written) {
    const network = typeof one === 'string' ? parseNetwork(one) : null
    if (network === null)
      return misread(`addresses: expected an address or network, got ${showValue(one)}`, 'write 192.0.2.0/24')
    const width = network.family === 'ip' ? 32 : 128
    const rest = BigInt(width - network.length)
    if ((network.bits >> rest) << rest !== network.bits)
      return misread(
        `addresses: ${showValue(one)} has bits behind its prefix of ${network.length}`,
        'write the network itself, or the address alone',
      )
    if (network.length === 0)
      return misread(`addresses: ${showValue(one)} is any address`, 'leave `addresses` out for that')
    addresses.push(network)
  }
  if (addresses.length === 0) return misread('addresses: the list is empty', 'name some, or leave it out')
  const sorted = addresses.toSorted((a, b) =>
    a.bits === b.bits ? a.length - b.length : a.bits < b.bits ? -1 : 1,
  )
  return read([...new Set(sorted.map(networkText))])
}

function readState({ state = 'present' }: Item): Reading<boolean> {
  if (state === 'present' || state === 'absent') return read(state === 'present')
  return misread(`state: expected present or absent, got ${showValue(state)}`, 'write present or absent')
}

function switchOf(item: Item, name: string, otherwise: boolean): Reading<boolean> {
  const value = item[name] === undefined ? otherwise : booleanOf(item[name])
  return value === undefined
    ? misread(`${name}: expected true or false, got ${showValue(item[name])}`, 'write true or false')
    : read(value)
}
