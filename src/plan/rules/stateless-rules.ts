import { firewallOf, type Firewall } from '../../kernel/firewall/firewall.ts'
import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { chainKey } from '../../kernel/firewall/our-rules.ts'
import { parseIptables } from '../../kernel/firewall/parse-iptables.ts'
import { type Service, serviceText } from '../../kernel/firewall/service.ts'
import { describeSpot, fateAt, type Spot } from '../../kernel/firewall/walk.ts'
import { trafficOf } from '../../kernel/firewall/service.ts'
import { familiesOf } from '../firewall/judge-rewriting.ts'
import { sshPortOf, unsupported, unworkable } from '../firewall/guard-services.ts'
import { lastingRewritings, type Rewritten } from '../firewall/lasting-rewritings.ts'
import { dialectOf, listingOf, rewritingPath, rewritingTexts } from '../firewall/rewritten-rules.ts'
import { type RuleProgram, ruleProgramsOf } from '../firewall/rule-programs.ts'
import { rulesNeedRoot } from '../firewall/rules-need-root.ts'
import { type LeftRule, statelessPlan } from '../firewall/stateless-plan.ts'
import type { Finding } from '../change.ts'
import { refuse } from '../guard.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { losesFiles } from './lasting-files.ts'

/**
 * Takes the state match out of the rules that let services in: each gives way to the same rule without it, in its place,
 * in the kernel and in the file from which it is loaded at boot.
 */
export const statelessRules: Rule = (wish, facts, allowed) => {
  const { stateless: services } = wish
  if (services === undefined || facts.firewall === null) return {}
  if (facts.uid !== 0) return rulesNeedRoot(facts.uid)
  const { firewall: told } = facts
  const firewall = firewallOf(told)
  const trouble = unworkable(firewall, told, wayOfFirewalld)
  if (trouble !== null) return trouble
  const isKept = wish.persist && !losesFiles(facts)
  return mergeOutcomes([
    ...ruleProgramsOf(firewall, told, facts.kernel).flatMap((program) => {
      const listing = listingOf(program.path, told)
      return listing === null ? [] : programOutcomes(program, listing)
    }),
    { findings: services.flatMap((service) => closed(firewall, service)) },
  ])

  function programOutcomes(program: RuleProgram, listing: string): readonly RuleOutcome[] {
    const own = { services: services ?? [], sshPort: sshPortOf(told) }
    const { rewritings, left, bound } = statelessPlan(dialectOf(program.path), {
      ...own,
      ...{ listing, allowed },
      foreign: program.path === 'nft' ? chainsOfIptables(told) : new Set(),
    })
    const rewritten: Rewritten = { ...own, program, listing, rewritings }
    return [
      ...left.map(leftOutcome),
      ...[...bound].map(([service, spot]) => boundOutcome(service, spot)),
      changeOutcome(rewritten),
      ...(isKept ? [lastingRewritings(firewall, rewritten, facts)] : []),
    ]
  }
}

const wayOfFirewalld =
  'Its own rules for ports and services let untracked packets pass (`ct state { new, untracked }`, in its releases since 2018), so that taking a service out of tracking is enough: see the commands of its direct interface that `notrack` tells.'

function changeOutcome({ program: { path }, rewritings, services }: Rewritten): RuleOutcome {
  if (rewritings.length === 0) return {}
  const names = namesOf(services)
  return {
    dangers: [`rules of ${path} rewritten for ${names}`],
    changes: [
      {
        kind: 'rule',
        key: `${path} rules with a state`,
        path: rewritingPath(path),
        ...rewritingTexts(path, rewritings),
        reason: `let in whatever their state: ${names}`,
      },
    ],
  }
}

function leftOutcome({ rule, why, guard, services }: LeftRule): RuleOutcome {
  switch (guard) {
    case 'stateless-ssh':
      return refuse(
        guard,
        `${rule} lets in SSH, by which this connection came in, and would do so whatever its state`,
        'Leave that rule its state, and split it where it lets in others as well',
      )
    case 'stateless-opens':
      return refuse(
        guard,
        `${rule} would let in more than ${namesOf(services)} whatever its state: ${why}`,
        'Name all of that in the play, or split the rule',
      )
    case null:
      return unsupported({
        code: 'stateless-left',
        message: `${rule} lets in ${namesOf(services)} by its state, and stays as it is: ${why}`,
        hint: 'Rewrite that rule by hand, or leave its service to `notrack`, which works beside it.',
      })
  }
}

function boundOutcome(service: Service, spot: Spot): RuleOutcome {
  return unsupported({
    code: 'stateless-left',
    message: `${serviceText(service)} comes in by its state, by no rule that could be rewritten: without one it ends at ${describeSpot(spot)}`,
    hint: 'See which rule before that looks at states and leads to others, and rewrite it by hand; or leave the service to `notrack`.',
  })
}

function namesOf(services: readonly Service[]): string {
  return [...new Set(services.map(serviceText))].join(', ')
}

/** Keys of the chains in nf_tables that are made by iptables. */
function chainsOfIptables({ saved }: FirewallFacts): ReadonlySet<string> {
  const made = saved.filter(({ tool }) => tool === 'iptables-nft')
  return new Set(made.flatMap(({ text, family }) => parseIptables(text, family).map(chainKey)))
}

/** Says so of a service that nothing lets in: its port may be a mistake. */
function closed({ ruleset }: Firewall, service: Service): readonly Finding[] {
  const spots = familiesOf(service, { family: 'inet' }).map(
    (family) =>
      fateAt(ruleset, 'input', trafficOf(service, family, 'arriving', 'new')).drops.find(
        ({ isCertain }) => isCertain,
      ) ?? null,
  )
  const [first] = spots
  if (first === undefined || first === null || spots.includes(null)) return []
  return [
    {
      code: 'stateless-closed',
      severity: 'warning',
      message: `no rule lets in ${serviceText(service)}: it ends at ${describeSpot(first)}`,
      hint: 'Is it the right port? A service behind a rule that is not there has nothing to rewrite.',
    },
  ]
}
