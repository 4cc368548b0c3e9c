import type { Firewall } from '../../kernel/firewall/firewall.ts'
import { chainKey, oursIn, type PlacedRule, ruleKey, withoutOurs } from '../../kernel/firewall/our-rules.ts'
import type { IpFamily } from '../../kernel/firewall/ruleset.ts'
import { addressesOf, type Service, serviceComment, trafficOf } from '../../kernel/firewall/service.ts'
import { fateIn } from '../../kernel/firewall/walk.ts'
import type { NotrackService } from '../../playbook/wish.ts'
import { type Barrier, barriersFor, worseUntracked } from './judge-service.ts'
import { entranceOf, type RuleProgram } from './rule-programs.ts'

/** Our rules of one program: those that are in force and those that ought to be. */
export interface RulesOfProgram {
  readonly program: RuleProgram
  readonly now: readonly PlacedRule[]
  readonly wished: readonly PlacedRule[]
  /** Of ours, there, and without effect: others have put rules before them. */
  readonly overtaken: readonly PlacedRule[]
}

/** What stands between a service's untracked packets and the host, as the ruleset is without us. */
export function barriersOf(
  firewall: Firewall,
  service: Service,
  { families }: RuleProgram,
): readonly Barrier[] {
  const bare = withoutOurs(firewall.ruleset)
  return families
    .filter((family) => addressesOf(service, family)?.length !== 0)
    .flatMap((family) => barriersFor(bare, service, family))
}

/** Our rules of a program, as they are and as they ought to be for these services; those of other services stay. */
export function rulesOf(
  firewall: Firewall,
  program: RuleProgram,
  services: readonly NotrackService[],
): RulesOfProgram {
  const named = new Set(services.map(serviceComment))
  const there = oursIn(firewall.ruleset).filter((placed) => isOf(program, placed))
  const wished = [
    ...there.filter(({ rule }) => !named.has(rule.comment)),
    ...services
      .filter(({ isPresent }) => isPresent)
      .flatMap((service) => rulesFor(firewall, service, program)),
  ]
  const unique = [...new Map(wished.map((placed) => [ruleKey(placed), placed])).values()]
  const ineffective = services
    .filter(({ isPresent }) => isPresent)
    .flatMap((service) => overtakenOf(firewall, service, program, there))
  const overtaken = there.filter((placed) => ineffective.includes(placed))
  return {
    program,
    now: there.filter((placed) => !overtaken.includes(placed)),
    wished: unique,
    overtaken,
  }
}

/** Do the rules differ in what they do or where? The order among ours means nothing. */
export function isAsWished({ now, wished }: RulesOfProgram): boolean {
  const keys = (placed: readonly PlacedRule[]) => placed.map(ruleKey).toSorted().join('\n')
  return keys(now) === keys(wished)
}

function isOf({ path, families }: RuleProgram, { chain }: PlacedRule): boolean {
  if (path === 'nft') return true
  return families.some((family) => family === chain.family)
}

function rulesFor(firewall: Firewall, service: NotrackService, program: RuleProgram): readonly PlacedRule[] {
  const { writer } = program
  const accepts = service.accept
    ? barriersOf(firewall, service, program).flatMap(({ way, chain }) =>
        writer.accept(service, way, entranceOf(firewall, chain)),
      )
    : []
  return [...accepts, ...writer.notrack(service)]
}

/** Rules of ours for a service that do not do their work, because of what stands before them. */
function overtakenOf(
  { ruleset }: Firewall,
  service: Service,
  { families }: RuleProgram,
  there: readonly PlacedRule[],
): readonly PlacedRule[] {
  return there.filter(({ chain: at, rule }) => {
    const chain = ruleset.chains.find((one) => chainKey(one) === chainKey(at))
    const hook = chain?.base?.hook
    if (rule.comment !== serviceComment(service) || chain === undefined || hook === undefined) return false
    const way = hook === 'output' || hook === 'postrouting' ? 'leaving' : 'arriving'
    const concerned = families.filter((family) => family === at.family || at.family === 'inet')
    return concerned.some((family) => {
      const singles = oneByOne(service, family)
      if (rule.verdict.kind === 'accept')
        return singles.some((one) => worseUntracked(ruleset, chain, one, family, way).length > 0)
      const untracks = (one: Service): boolean =>
        fateIn(ruleset, chain, trafficOf(one, family, way, 'new')).marks.some(
          ({ kind, isCertain }) => kind === 'notrack' && isCertain,
        )
      return singles.length > 0 && !singles.every(untracks)
    })
  })
}

/** The service once for each of its addresses: a rule of iptables has one only. */
function oneByOne(service: Service, family: IpFamily): readonly Service[] {
  return addressesOf(service, family)?.map((address) => ({ ...service, addresses: [address] })) ?? [service]
}
