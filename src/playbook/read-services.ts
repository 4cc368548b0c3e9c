import { type Network, networkText, parseNetwork } from '../kernel/firewall/addresses.ts'
import type { PortRange } from '../kernel/firewall/ruleset.ts'
import { serviceId, type Service } from '../kernel/firewall/service.ts'
import { showText, showValue } from '../show-value.ts'
import { readBoolean } from './read-boolean.ts'
import { isMapping, mapped, readKeys } from './read-parts.ts'
import { all, below, misread, read, readItems, type Reader, type Reading } from './reading.ts'
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
  return readServices(value, (item) => {
    const parts = all<[unknown, readonly Service[], boolean, boolean]>([
      readKeys(item, notrackKeys, 'notrack'),
      readService(item),
      below('accept', readBoolean(item['accept'] ?? true)),
      below('state', readState(item['state'] ?? 'present')),
    ])
    return mapped(parts, ([, services, accept, isPresent]) =>
      services.map((service) => ({ ...service, accept, isPresent })),
    )
  })
}

/** `stateless_rules:`, a list of services of the host itself. */
export function readStateless(value: unknown): Reading<readonly Service[]> {
  return readServices(value, (item) => {
    const parts = all<[unknown, readonly Service[]]>([
      readKeys(item, serviceKeys, 'stateless_rules'),
      readService(item),
    ])
    return mapped(parts, ([, services]) => services)
  })
}

/** A list of services, each item made into what a section makes of it. Two for the same port are an error. */
function readServices<Made extends Service>(
  value: unknown,
  make: (item: Item) => Reading<readonly Made[]>,
): Reading<readonly Made[]> {
  if (!Array.isArray(value) || value.length === 0)
    return misread(
      `expected a list of services, got ${showValue(value)}`,
      `write it as a list: - {port: 80, protocol: tcp}`,
    )
  const items = (value as unknown[]).map((item, index) =>
    below(
      index,
      isMapping(item)
        ? make(item)
        : misread(`expected a service, got ${showValue(item)}`, 'write {port: 80, protocol: tcp}'),
    ),
  )
  const made = mapped(all<readonly (readonly Made[])[]>([...items, ...repeated(items)]), (lists) =>
    lists.flat(),
  )
  if (made.ok && made.value.length > mostServices)
    return misread(
      `these are ${made.value.length} services`,
      `name ranges of ports, ${mostServices} services at most`,
    )
  return made
}

/** A mistake for each service that an item before names already. */
function repeated(items: readonly Reading<readonly Service[]>[]): readonly Reading<never>[] {
  const first = new Map<string, number>()
  return items.flatMap((item, index) =>
    (item.ok ? item.value : []).flatMap((service) => {
      const id = serviceId(service)
      const before = first.get(id)
      first.set(id, before ?? index)
      if (before === undefined) return []
      const what = `${showText(id)} stands there twice, first in item ${before + 1}`
      return [below<never>(index, misread(what, 'put all its addresses into one item'))]
    }),
  )
}

function readService(item: Item): Reading<readonly Service[]> {
  const parts = all<
    [readonly PortRange[], readonly string[], readonly string[] | null, Service['direction'], unknown]
  >([
    readPorts(item),
    readProtocols(item['protocol']),
    below('addresses', readAddresses(item['addresses'])),
    below('direction', readDirection(item['direction'] ?? 'in')),
    needsAddresses(item),
  ])
  return mapped(parts, ([ports, protocols, addresses, direction]) =>
    protocols.flatMap((protocol) => ports.map((range) => ({ direction, protocol, ports: range, addresses }))),
  )
}

function readDirection(value: unknown): Reading<Service['direction']> {
  if (value === 'in' || value === 'out') return read(value)
  return misread(
    `expected in or out, got ${showValue(value)}`,
    'write in for a service of the host itself, out for one elsewhere that it asks',
  )
}

function needsAddresses({ direction, addresses }: Item): Reading<unknown> {
  if (direction !== 'out' || addresses !== undefined) return read(null)
  return below(
    'direction',
    misread(
      'out needs addresses, since whoever sends from that port would get in',
      'name those that the host asks: addresses: [192.0.2.53]',
    ),
  )
}

function readPorts({ port, ports }: Item): Reading<readonly PortRange[]> {
  if ((port === undefined) === (ports === undefined))
    return misread(
      port === undefined ? 'the service has no port' : 'the service has both `port` and `ports`',
      'write port: 80, or ports: [80, 443, 8000-8010]',
    )
  if (port !== undefined)
    return below(
      'port',
      mapped(readPort(port), (range) => [range]),
    )
  return below(
    'ports',
    oneOrMore(ports, readPort, misread('the list is empty', 'name some, or remove the service')),
  )
}

function readPort(value: unknown): Reading<PortRange> {
  const [, low, high = low] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(String(value)) ?? []
  if (low === undefined || Number(low) > Number(high) || Number(high) > 65_535)
    return misread(`expected a port, got ${showValue(value)}`, 'write a number from 1 to 65535, or 8000-8010')
  return read([Number(low), Number(high)])
}

function readProtocols(value: unknown): Reading<readonly string[]> {
  const remedy = `write protocol: tcp, or some of ${serviceProtocols.join(', ')}`
  if (value === undefined) return misread('the service has no protocol', remedy)
  const readProtocol: Reader<string> = (one) =>
    serviceProtocols.some((known) => known === one)
      ? read(String(one))
      : misread(`there is no ${showValue(one)}`, remedy)
  return below('protocol', oneOrMore(value, readProtocol, misread('the list is empty', remedy)))
}

function readAddresses(value: unknown): Reading<readonly string[] | null> {
  if (value === undefined) return read(null)
  const empty = misread('the list is empty', 'name some, or leave it out')
  return mapped(oneOrMore(value, readNetwork, empty), (networks) => {
    const sorted = networks.toSorted((a, b) =>
      a.bits === b.bits ? a.length - b.length : a.bits < b.bits ? -1 : 1,
    )
    return [...new Set(sorted.map(networkText))]
  })
}

function readNetwork(value: unknown): Reading<Network> {
  const network = typeof value === 'string' ? parseNetwork(value) : null
  if (network === null)
    return misread(`expected an address or network, got ${showValue(value)}`, 'write 192.0.2.0/24')
  const width = network.family === 'ip' ? 32 : 128
  const rest = BigInt(width - network.length)
  if ((network.bits >> rest) << rest !== network.bits)
    return misread(
      `${showValue(value)} has bits behind its prefix of ${network.length}`,
      'write the network itself, or the address alone',
    )
  if (network.length === 0)
    return misread(`${showValue(value)} is any address`, 'leave `addresses` out for that')
  return read(network)
}

function readState(state: unknown): Reading<boolean> {
  if (state === 'present' || state === 'absent') return read(state === 'present')
  return misread(`expected present or absent, got ${showValue(state)}`, 'write present or absent')
}

/** One value or a list of such, by the same reader. */
function oneOrMore<T>(value: unknown, reader: Reader<T>, empty: Reading<never>): Reading<readonly T[]> {
  if (!Array.isArray(value)) return mapped(reader(value), (one) => [one])
  return value.length === 0 ? empty : readItems(value as unknown[], reader)
}
