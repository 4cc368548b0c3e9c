import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Dialect, iptablesDialect, nftDialect } from '../../../src/kernel/firewall/dialect.ts'
import type { Service } from '../../../src/kernel/firewall/service.ts'
import { ruleId } from '../../../src/plan/firewall/rewritten-rules.ts'
import { statelessPlan } from '../../../src/plan/firewall/stateless-plan.ts'

/** A rule and a packet as data, so that what a ruleset lets in is told here by other code than the program's. */
interface Line {
  readonly chain: string
  readonly protocol: string | null
  readonly source: number | null
  readonly ports: readonly number[] | null
  readonly states: readonly string[] | null
  readonly target: string
}
type Packet = Omit<Line, 'chain' | 'target' | 'ports' | 'states'> & {
  readonly hook: string
  readonly port: number
  readonly state: string
}

const protocols = ['tcp', 'udp']
const sources = [1, 2]
const ports = [22, 80, 81]
const states = ['new', 'established', 'untracked']

const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { freq: 2 })
const anyLine: fc.Arbitrary<Line> = fc
  .record({
    chain: fc.constantFrom('input', 'input', 'input', 'web', 'forward'),
    protocol: fc.constantFrom('tcp', 'tcp', 'udp', null),
    source: fc.constantFrom(null, null, null, ...sources),
    ports: fc.constantFrom([80], [80], [80, 81], [22, 80], null),
    states: fc.constantFrom(['new'], ['new'], ['new', 'established'], ['established'], ['untracked'], null),
    target: fc.constantFrom('accept', 'accept', 'accept', 'accept', 'drop', 'web'),
  })
  .map((line) => ({
    ...line,
    ports: line.protocol === null ? null : line.ports,
    target: line.chain === 'web' && line.target === 'web' ? 'accept' : line.target,
  }))

/** One that there is something to do with. */
const usual: Line = {
  ...{ chain: 'input', protocol: 'tcp', source: null, target: 'accept' },
  ...{ ports: [80], states: ['new'] },
}

/** How each tool lists such rules. */
interface Tool {
  readonly dialect: Dialect
  readonly write: (line: Line) => string
  readonly listing: (lines: readonly Line[]) => string
  readonly place: (line: Line) => Parameters<typeof ruleId>[0]
}
const nftOf = (values: readonly (string | number)[]): string =>
  values.length === 1 ? `${values[0]}` : `{ ${values.join(', ')} }`
const nft: Tool = {
  dialect: nftDialect,
  write: ({ protocol, source, ports: own, states: asked, target }) =>
    [
      ...(source === null ? [] : [`ip saddr 10.${source}.0.0/16`]),
      ...(asked === null ? [] : [`ct state ${asked.join(',')}`]),
      ...(protocol === null
        ? []
        : [own === null ? `meta l4proto ${protocol}` : `${protocol} dport ${nftOf(own)}`]),
      target === 'web' ? 'jump web' : target,
    ].join(' '),
  listing: (lines) =>
    [
      'table inet filter {',
      ...['input', 'forward', 'web'].flatMap((chain) => [
        `\tchain ${chain} {`,
        ...(chain === 'web' ? [] : [`\t\ttype filter hook ${chain} priority filter; policy drop;`]),
        ...lines.filter((line) => line.chain === chain).map((line) => `\t\t${nft.write(line)}`),
        '\t}',
      ]),
      '}',
    ].join('\n'),
  place: ({ chain }) => ({ family: 'inet', table: 'filter', name: chain }),
}
const iptables: Tool = {
  dialect: iptablesDialect('ip'),
  write: ({ protocol, source, ports: own, states: asked, target }) =>
    [
      ...(source === null ? [] : [`-s 10.${source}.0.0/16`]),
      ...(protocol === null ? [] : [`-p ${protocol}`]),
      ...(asked === null ? [] : [`-m state --state ${asked.join(',').toUpperCase()}`]),
      ...(own === null ? [] : [`-m multiport --dports ${own.join(',')}`]),
      `-j ${target === 'web' ? target : target.toUpperCase()}`,
    ].join(' '),
  listing: (lines) =>
    [
      ...['*filter', ':INPUT DROP [0:0]', ':FORWARD DROP [0:0]', ':web - [0:0]'],
      ...lines.map((line) => `-A ${iptables.place(line).name} ${iptables.write(line)}`),
      'COMMIT',
    ].join('\n'),
  place: ({ chain }) => ({
    family: 'ip',
    table: 'filter',
    name: chain === 'web' ? chain : chain.toUpperCase(),
  }),
}

function fits(line: Line, packet: Packet): boolean {
  return (
    (line.protocol ?? packet.protocol) === packet.protocol &&
    (line.source ?? packet.source) === packet.source &&
    (line.ports?.includes(packet.port) ?? true) &&
    (line.states?.includes(packet.state) ?? true)
  )
}

/** Null: it comes to the end of that chain. */
function verdict(lines: readonly Line[], chain: string, packet: Packet): string | null {
  for (const line of lines) {
    if (line.chain !== chain || !fits(line, packet)) continue
    const end = line.target === 'web' ? verdict(lines, 'web', packet) : line.target
    if (end !== null) return end
  }
  return null
}

const packets: readonly Packet[] = ['input', 'forward'].flatMap((hook) =>
  protocols.flatMap((protocol) =>
    sources.flatMap((source) =>
      ports.flatMap((port) => states.map((state) => ({ hook, protocol, source, port, state }))),
    ),
  ),
)

const anyService: fc.Arbitrary<Service> = fc.record({
  direction: fc.constant('in' as const),
  protocol: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp'),
  ports: fc.constantFrom<readonly [number, number]>([80, 80], [80, 80], [80, 81], [22, 22]),
  addresses: maybe(fc.constantFrom(['10.1.0.0/16'], ['10.1.0.0/16', '10.2.0.0/16'])),
})

function isOf(packet: Packet, { protocol, ports: [first, last], addresses }: Service): boolean {
  const isFrom = addresses?.includes(`10.${packet.source}.0.0/16`) ?? true
  return packet.protocol === protocol && first <= packet.port && packet.port <= last && isFrom
}

test.each([
  ['iptables', iptables],
  ['nft', nft],
])('%s: what is let in afterwards is what was let in, and the services whatever their state', (_, tool) => {
  const wishes = fc.array(anyService, { minLength: 1, maxLength: 2 })
  let rewritten = 0
  const holds = (lines: readonly Line[], services: readonly Service[]): void => {
    const { rewritings, left, bound } = statelessPlan(tool.dialect, {
      ...{ listing: tool.listing(lines), services, sshPort: 22 },
      ...{ allowed: new Set<never>(), foreign: new Set<string>() },
    })
    const after = new Map(rewritings.map((one) => [ruleId(one.place, one.before), one.after]))
    const fresh = lines.map((line) => {
      const text = after.get(ruleId(tool.place(line), tool.write(line)))
      const stateless = { ...line, states: null }
      if (text !== undefined) expect(text).toBe(tool.write(stateless))
      return text === undefined ? line : stateless
    })
    rewritten += rewritings.length
    const isAccepted = (some: readonly Line[], packet: Packet): boolean =>
      verdict(some, packet.hook, packet) === 'accept'
    for (const packet of packets) {
      const [old, now] = [isAccepted(lines, packet), isAccepted(fresh, packet)]
      const own = services.filter((service) => packet.hook === 'input' && isOf(packet, service))
      const isSsh = packet.protocol === 'tcp' && packet.port === 22
      if (old !== now)
        expect({ packet, now, isOpen: own.length > 0 && !isSsh }).toMatchObject({ now: true, isOpen: true })
      // Nothing is told of a service whose packets all have one fate: then what is let in as new is let in without a state too.
      const isFree = own.some(
        (one) =>
          one.ports[0] === one.ports[1] &&
          lines.every(({ source }) => source === null) &&
          !bound.has(one) &&
          !left.some((rule) => rule.services.includes(one)),
      )
      if (isFree && packet.state === 'new' && now)
        expect({ packet, now: isAccepted(fresh, { ...packet, state: 'untracked' }) }).toMatchObject({
          now: true,
        })
    }
  }
  const around = fc.array(anyLine, { maxLength: 3 })
  const rulesets = fc.tuple(around, around).map(([before, behind]) => [...before, usual, ...behind])
  fc.assert(fc.property(rulesets, wishes, holds), { numRuns: 200 })
  expect(rewritten).toBeGreaterThan(50)
})
