import { contains, parseNetwork } from '../../kernel/firewall/addresses.ts'
import { chainKey } from '../../kernel/firewall/our-rules.ts'
import type { Stripped } from '../../kernel/firewall/rewriting.ts'
import {
  type Chain,
  type FirewallRule,
  type Hook,
  type IpFamily,
  type Match,
  type PortRange,
  type Ruleset,
} from '../../kernel/firewall/ruleset.ts'
import { addressesOf, portsText, type Service, trafficOf } from '../../kernel/firewall/service.ts'
import { fitRule } from '../../kernel/firewall/traffic.ts'
import { anywhereIn, type Ways, waysOf } from '../../kernel/firewall/ways.ts'

/** What is to become of a rule that accepts a service by its state. */
export interface Judgement {
  /** Those of the services that it accepts so. */
  readonly services: readonly Service[]
  /** Without its state match, or why that is not known. */
  readonly stripped: Stripped
  /** What more it would let in then, in words; null: nothing but these services. */
  readonly opens: string | null
  readonly isSsh: boolean
}

/** What a judgement stands on. */
export interface Bench {
  readonly ruleset: Ruleset
  readonly services: readonly Service[]
  readonly sshPort: number
  readonly strip: (text: string) => Stripped
}

/** Judges a rule as it is written; null where none of the services comes in by its state. */
export function judgeRule(
  chain: Chain,
  text: string,
  rules: readonly FirewallRule[],
  { ruleset, services, sshPort, strip }: Bench,
): Judgement | null {
  const concerned = services.filter((service) =>
    familiesOf(service, chain).some((family) => rules.some((rule) => isByState(rule, service, family))),
  )
  const [rule] = rules
  if (concerned.length === 0 || rule === undefined || chain.table === 'nat') return null
  const hooks = hooksOf(chain, ruleset)
  if (!hooks.has('input')) return null
  const elsewhere = [...hooks].filter((hook) => hook !== 'input')
  const wider = widerThan(rule, concerned)
  return {
    services: concerned,
    stripped: wider === noPort ? { ok: false, why: noPort } : strip(text),
    opens:
      wider ??
      (elsewhere.length === 0
        ? null
        : `what passes ${elsewhere.join(', ')}, from where packets come to that chain too`),
    isSsh:
      protocolsOf(rule)?.includes('tcp') === true &&
      destinationsOf(rule)?.some(([first, last]) => first <= sshPort && sshPort <= last) === true,
  }
}

/** The families of a service that a chain sees. */
export function familiesOf(service: Service, { family }: Pick<Chain, 'family'>): readonly IpFamily[] {
  return (['ip', 'ip6'] as const).filter(
    (one) => (family === 'inet' || family === one) && addressesOf(service, one)?.length !== 0,
  )
}

/** Does it accept connections that begin, and not the same packets without a state? */
function isByState(rule: FirewallRule, service: Service, family: IpFamily): boolean {
  const fit = (state: 'new' | 'untracked') =>
    fitRule(rule, trafficOf(service, family, 'arriving', state)) !== 'no'
  return rule.verdict.kind === 'accept' && fit('new') && !fit('untracked')
}

const known = new WeakMap<Chain, ReadonlySet<Hook>>()

/** The hooks from which packets come to a chain. */
function hooksOf(chain: Chain, ruleset: Ruleset): ReadonlySet<Hook> {
  const hooks = known.get(chain) ?? searchHooks(chain, waysOf(ruleset))
  known.set(chain, hooks)
  return hooks
}

function searchHooks(chain: Chain, ways: Ways): ReadonlySet<Hook> {
  const seen = new Set<Chain>([chain])
  const open = [chain]
  const hooks = new Set<Hook>()
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.base !== null) hooks.add(at.base.hook)
    for (const other of [...(ways.get(chainKey(at)) ?? []), ...(ways.get(anywhereIn(at)) ?? [])]) {
      if (seen.has(other)) continue
      seen.add(other)
      open.push(other)
    }
  }
  return hooks
}

const noPort = 'it names no port, so that it would let in everything'

/** What a rule lets in beside these services, in words; null: nothing. */
function widerThan(rule: FirewallRule, services: readonly Service[]): string | null {
  const ranges = destinationsOf(rule)
  const protocols = protocolsOf(rule)
  if (ranges === null || protocols === null) return noPort
  const networks = rule.matches.find(
    (match): match is Match & { on: 'address' } => match.on === 'address' && match.side === 'source',
  )?.networks
  for (const protocol of protocols) {
    const own = services.filter((service) => service.protocol === protocol && holds(service, networks))
    if (own.length === 0)
      return services.some((service) => service.protocol === protocol)
        ? `${protocol} from more than the \`addresses\` of the play`
        : protocol
    const over = ranges.find((range) => !isCovered(range, own))
    if (over !== undefined) return `${protocol} port ${portsText(over, '-')}`
  }
  return null
}

/** All sources of a rule among the addresses of a service? */
function holds({ addresses }: Service, sources: readonly string[] | undefined): boolean {
  if (addresses === null) return true
  const outer = addresses.map(parseNetwork).filter((network) => network !== null)
  return (
    sources?.every((source) => {
      const inner = parseNetwork(source)
      return inner !== null && outer.some((network) => contains(network, inner))
    }) ?? false
  )
}

function isCovered([first, last]: PortRange, services: readonly Service[]): boolean {
  let next = first
  for (const [low, high] of services.map(({ ports }) => ports).toSorted((one, other) => one[0] - other[0]))
    if (low <= next) next = Math.max(next, high + 1)
  return next > last
}

/** The ports at the host's own end; null where any may be. */
function destinationsOf({ matches }: FirewallRule): readonly PortRange[] | null {
  const match = matches.find((one) => one.on === 'port' && one.side === 'destination' && one.negated !== true)
  return match?.on === 'port' ? match.ranges : null
}

function protocolsOf({ matches }: FirewallRule): readonly string[] | null {
  const match = matches.find((one) => one.on === 'protocol' && one.negated !== true)
  return match?.on === 'protocol' ? match.values : null
}
