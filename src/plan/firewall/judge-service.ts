import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import type { Way } from '../../kernel/firewall/notrack-rules.ts'
import type { Chain, Hook, IpFamily, Ruleset } from '../../kernel/firewall/ruleset.ts'
import { type Service, trafficOf } from '../../kernel/firewall/service.ts'
import { baseChains, describeSpot, fateAt, fateIn, type Spot } from '../../kernel/firewall/walk.ts'
import { helperFor } from '../../kernel/firewall/helpers.ts'

/** A chain that lets a service's tracked packets pass and might drop them untracked. */
export interface Barrier {
  readonly way: Way
  readonly chain: Chain
  /** Where it would drop them. */
  readonly drops: readonly Spot[]
  /** Where it drops some of the packets that begin a connection; letting all untracked ones pass goes around that. */
  readonly bypassed: readonly Spot[]
}

/** The hooks that packets of a way come through, once they belong to the host itself. */
const hooks: Readonly<Record<Way, readonly Hook[]>> = {
  arriving: ['prerouting', 'input'],
  leaving: ['output', 'postrouting'],
}

/** Every chain that would drop a service's packets for not being tracked. */
export function barriersFor(ruleset: Ruleset, service: Service, family: IpFamily): readonly Barrier[] {
  return (['arriving', 'leaving'] as const).flatMap((way) =>
    hooks[way].flatMap((hook) => {
      const traffic = trafficOf(service, family, way, 'untracked')
      return baseChains(ruleset, hook, traffic).flatMap((chain): readonly Barrier[] => {
        const drops = worseUntracked(ruleset, chain, service, family, way)
        if (drops.length === 0) return []
        const begins = (service.direction === 'in') === (way === 'arriving')
        const fresh = trafficOf(service, family, way, 'new')
        return [{ way, chain, drops, bypassed: begins ? fateIn(ruleset, chain, fresh).drops : [] }]
      })
    }),
  )
}

/** Where a chain drops untracked packets that it lets pass as part of a connection. */
export function worseUntracked(
  ruleset: Ruleset,
  chain: Chain,
  service: Service,
  family: IpFamily,
  way: Way,
): readonly Spot[] {
  const drops = (state: 'established' | 'untracked') =>
    fateIn(ruleset, chain, trafficOf(service, family, way, state)).drops
  const usual = new Set(drops('established').map(({ rule }) => rule))
  return drops('untracked').filter(({ rule }) => !usual.has(rule))
}

/** Who needs a service's connections to be tracked; null when nobody does. */
export function whoNeedsTracking(
  ruleset: Ruleset,
  service: Service,
  family: IpFamily,
  { interfaces, modules }: FirewallFacts,
): string | null {
  const begins: Way = service.direction === 'in' ? 'arriving' : 'leaving'
  const traffic = trafficOf(service, family, begins, 'new')
  for (const hook of hooks[begins])
    for (const mark of fateAt(ruleset, hook, traffic).marks)
      if (mark.kind !== 'notrack') return `${mark.kind === 'nat' ? 'NAT' : 'a helper'}: ${describeSpot(mark)}`
  const helper = helperFor(service, modules?.map(({ name }) => name) ?? [])
  if (helper !== null) return `the module ${helper}, which follows these connections to open others`
  if (interfaces.includes('kube-ipvs0')) return 'kube-proxy, which balances by IPVS here'
  return null
}
