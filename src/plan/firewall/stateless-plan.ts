import type { Dialect } from '../../kernel/firewall/dialect.ts'
import { chainKey, isOurs, withoutOurs } from '../../kernel/firewall/our-rules.ts'
import type { ChainPlace } from '../../kernel/firewall/rewriting.ts'
import { type Chain, chainName, type Ruleset } from '../../kernel/firewall/ruleset.ts'
import { type Service, trafficOf } from '../../kernel/firewall/service.ts'
import { fateAt, type Spot } from '../../kernel/firewall/walk.ts'
import type { GuardName } from '../rule.ts'
import { familiesOf, judgeRule, type Judgement } from './judge-rewriting.ts'
import { type Rewriting, ruleId, withRewritings } from './rewritten-rules.ts'

/** A rule that stays as it is, for a reason. */
export interface LeftRule {
  /** `ip filter INPUT: -m state --state NEW -j ACCEPT` */
  readonly rule: string
  readonly why: string
  /** That permits to rewrite it; null: nothing does. */
  readonly guard: RewritingGuard | null
  readonly services: readonly Service[]
}

type RewritingGuard = GuardName & `stateless-${string}`

/** What is to become of a ruleset. */
export interface StatelessPlan {
  readonly rewritings: readonly Rewriting[]
  /** Rules without which a service is not wholly free of its state. */
  readonly left: readonly LeftRule[]
  /** Services of which that is so, and no single rule that lets them in is to blame: where they end without a state. */
  readonly bound: ReadonlyMap<Service, Spot>
}

/** A listing, services that shall be accepted whatever their state, and what the operator has permitted. */
export interface StatelessWish {
  readonly listing: string
  readonly services: readonly Service[]
  readonly sshPort: number
  readonly allowed: ReadonlySet<GuardName>
  /** Keys of chains that another program has made, which this one does not show as a whole. */
  readonly foreign: ReadonlySet<string>
}

interface Judged extends Judgement {
  readonly place: ChainPlace
  readonly rule: string
  /** The rule that may take its place, or why none may. */
  readonly after: string | null
  readonly why: string
  readonly guards: readonly { readonly name: RewritingGuard; readonly why: string }[]
}

/**
 * Which rules give way to the same ones without a state. First those that let in just the services; where a service is
 * then still judged by its state, those that would let in more, if that is permitted.
 */
export function statelessPlan(dialect: Dialect, wish: StatelessWish): StatelessPlan {
  const judged = judgeAll(dialect, wish)
  const isCertain = ({ after, guards }: Judged): boolean => after !== null && guards.length === 0
  const certain = judged.filter(isCertain)
  const bound = stillBound(dialect, wish, certain)
  const needed = judged.filter((one) => !isCertain(one) && isOf(one, bound))
  const isPermitted = ({ after, guards }: Judged): boolean =>
    after !== null && guards.every(({ name }) => wish.allowed.has(name))
  const permitted = needed.filter(isPermitted)
  const all = [...certain, ...permitted]
  const last = permitted.length === 0 ? bound : stillBound(dialect, wish, all)
  const left = needed.filter((one) => !isPermitted(one) && isOf(one, last))
  const blamed = new Set(left.flatMap((one) => one.services))
  const chosen = new Set(all)
  return {
    rewritings: rewritingsOf(judged.filter((one) => chosen.has(one))),
    left: left.flatMap(leftRules),
    bound: new Map([...last].filter(([service]) => !blamed.has(service))),
  }
}

function isOf({ services }: Judged, bound: ReadonlyMap<Service, Spot>): boolean {
  return services.some((service) => bound.has(service))
}

function leftRules({ place, rule, after, why, guards, services }: Judged): readonly LeftRule[] {
  const told = { rule: `${chainName(place)}: ${rule}`, services }
  return after === null
    ? [{ ...told, why, guard: null }]
    : guards.map((guard) => ({ ...told, why: guard.why, guard: guard.name }))
}

function judgeAll(
  { chains, parse, strip, rewrite }: Dialect,
  { listing, services, sshPort, foreign }: StatelessWish,
): readonly Judged[] {
  const ruleset = withoutOurs({ chains: chains(listing) })
  const byKey = new Map(ruleset.chains.map((chain) => [chainKey(chain), chain]))
  const judged: Judged[] = []
  const made = new Set<string>()
  rewrite(listing, (place, rule) => {
    const chain = byKey.get(chainKey(place))
    const rules = parse(rule)
    if (chain === undefined || rules.some(isOurs)) return null
    const judgement = judgeRule(chain, rule, rules, { ruleset, services, sshPort, strip })
    if (judgement === null) return null
    const after = foreign.has(chainKey(chain)) ? others : afterOf(chain, rule, judgement, made)
    judged.push({
      ...judgement,
      place,
      rule,
      after: after.text,
      why: after.why,
      guards: [
        ...(judgement.opens === null ? [] : [{ name: 'stateless-opens' as const, why: judgement.opens }]),
        ...(judgement.isSsh ? [{ name: 'stateless-ssh' as const, why: 'SSH' }] : []),
      ],
    })
    return null
  })
  return judged
}

/** nft shows no comment of iptables', for one: written by nft, the rule would be without it for good. */
const others = { text: null, why: 'iptables has made it, and nft does not show all of it' }

/** The rule in the place of another. A chain in which one of both stands twice would not tell which was which. */
function afterOf(
  chain: Chain,
  rule: string,
  { stripped }: Judgement,
  made: Set<string>,
): { readonly text: string | null; readonly why: string } {
  if (!stripped.ok) return { text: null, why: stripped.why }
  const times = timesOf(chain)
  if ((times.get(ruleId(chain, rule)) ?? 0) > 1) return { text: null, why: 'it stands there twice' }
  const fresh = ruleId(chain, stripped.text)
  if (times.has(fresh) || made.has(fresh))
    return { text: null, why: 'the same rule without a state stands in that chain as well' }
  made.add(fresh)
  return { text: stripped.text, why: '' }
}

const counted = new WeakMap<Chain, ReadonlyMap<string, number>>()

/** How often each of its rules stands in a chain; counted once, since there may be thousands. */
function timesOf(chain: Chain): ReadonlyMap<string, number> {
  const before = counted.get(chain)
  if (before !== undefined) return before
  const times = new Map<string, number>()
  for (const id of chain.rules.map(({ text }) => ruleId(chain, text))) times.set(id, (times.get(id) ?? 0) + 1)
  counted.set(chain, times)
  return times
}

function rewritingsOf(judged: readonly Judged[]): readonly Rewriting[] {
  return judged.map(({ place, rule, after }) => ({ place, before: rule, after: after ?? rule }))
}

/** The services of which some packets come in for their state alone, once these rules are rewritten; where others end. */
function stillBound(
  dialect: Dialect,
  { listing, services }: StatelessWish,
  judged: readonly Judged[],
): ReadonlyMap<Service, Spot> {
  const text = withRewritings(dialect, listing, rewritingsOf(judged))
  const ruleset = withoutOurs({ chains: dialect.chains(text) })
  return new Map(
    services.flatMap((service) => {
      const spot = barrierTo(ruleset, service)
      return spot === null ? [] : [[service, spot] as const]
    }),
  )
}

/**
 * Where packets without a state end that would pass as new ones. What new ones alone meet, a limit to how many may begin,
 * is no matter here.
 */
function barrierTo(ruleset: Ruleset, service: Service): Spot | null {
  const families = familiesOf(service, { family: 'inet' })
  for (const hook of ['prerouting', 'input'] as const)
    for (const family of families) {
      const drops = (state: 'new' | 'untracked'): readonly Spot[] =>
        fateAt(ruleset, hook, trafficOf(service, family, 'arriving', state)).drops
      const met = new Set(drops('new').map(spotId))
      const only = drops('untracked').find((spot) => !met.has(spotId(spot)))
      if (only !== undefined) return only
    }
  return null
}

function spotId({ chain, rule, isCertain }: Spot): string {
  return `${chainKey(chain)} ${rule?.text} ${isCertain}`
}
