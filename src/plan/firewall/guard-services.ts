import type { Firewall } from '../../kernel/firewall/firewall.ts'
import type { FirewallFacts } from '../../kernel/firewall/firewall-facts.ts'
import { type Service, serviceText } from '../../kernel/firewall/service.ts'
import { describeSpot } from '../../kernel/firewall/walk.ts'
import type { NotrackService } from '../../playbook/wish.ts'
import type { Finding } from '../change.ts'
import { refuse } from '../guard.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { GuardName, RuleOutcome } from '../rule.ts'
import { whoNeedsTracking } from './judge-service.ts'
import { barriersOf } from './notrack-plan.ts'
import type { RuleProgram } from './rule-programs.ts'

/** Where SSH is when a host does not tell where we came in. */
const usualSshPort = 22

/** Where our own connection came in. */
export function sshPortOf({ sshPort }: FirewallFacts): number {
  return sshPort ?? usualSshPort
}

/** Why nothing can be done with the packet filter of this host; null where it can. */
export function unworkable(
  { kind }: Firewall,
  { unreadable }: FirewallFacts,
  wayOfFirewalld: string,
): RuleOutcome | null {
  if (unreadable.length > 0)
    return unsupported({
      code: 'firewall-unreadable',
      message: `the rules of ${unreadable.join(' and ')} could not be read whole`,
      hint: 'Nothing is changed in a firewall that is not known: look at what its own tool lists there.',
    })
  if (kind === 'mixed')
    return unsupported({
      code: 'two-firewalls',
      message: 'rules of iptables-legacy and of nftables both judge what comes in here',
      hint: 'Move all rules to one of them first.',
    })
  if (kind === 'firewalld')
    return unsupported({
      code: 'firewalld-rules',
      message: 'firewalld makes the rules of this host, and rules of others beside its own are not made here',
      hint: wayOfFirewalld,
    })
  return null
}

/** What speaks against leaving these services untracked; nothing where all is permitted or harmless. */
export function judgeServices(
  firewall: Firewall,
  facts: FirewallFacts,
  programs: readonly RuleProgram[],
  services: readonly NotrackService[],
  allowed: ReadonlySet<GuardName>,
): RuleOutcome {
  const refusals = services.flatMap((service) => [
    ...sshRefusal(service, facts),
    ...needRefusal(service, firewall, facts, programs),
    ...barrierRefusals(service, firewall, programs),
  ])
  return mergeOutcomes(
    refusals
      .filter(({ guard }) => !allowed.has(guard))
      .map(({ guard, message, advice }) => refuse(guard, message, advice)),
  )
}

interface Refusal {
  readonly guard: GuardName
  readonly message: string
  readonly advice: string
}

function sshRefusal(service: Service, facts: FirewallFacts): readonly Refusal[] {
  const port = sshPortOf(facts)
  const [first, last] = service.ports
  if (service.protocol !== 'tcp' || service.direction !== 'in' || port < first || port > last) return []
  return [
    {
      guard: 'notrack-ssh',
      message: `${serviceText(service)} is where this connection came in: untracked, it lives by the firewall's rules for each packet`,
      advice: 'Leave that port tracked',
    },
  ]
}

function needRefusal(
  service: Service,
  { ruleset }: Firewall,
  facts: FirewallFacts,
  programs: readonly RuleProgram[],
): readonly Refusal[] {
  const families = programs.flatMap((program) => program.families)
  const holder = families
    .map((family) => whoNeedsTracking(ruleset, service, family, facts))
    .find((one) => one !== null)
  if (holder === undefined || holder === null) return []
  return [
    {
      guard: 'needs-tracking',
      message: `${serviceText(service)} is needed tracked by ${holder}`,
      advice: 'Name only addresses or ports that this does not concern',
    },
  ]
}

function barrierRefusals(
  service: NotrackService,
  firewall: Firewall,
  programs: readonly RuleProgram[],
): readonly Refusal[] {
  const barriers = programs.flatMap((program) => barriersOf(firewall, service, program))
  if (!service.accept)
    return barriers.slice(0, 1).map(({ drops: [drop] }) => ({
      guard: 'notrack-drops',
      message: `untracked packets of ${serviceText(service)} would be dropped by ${drop === undefined ? 'the firewall' : describeSpot(drop)}`,
      advice: 'Leave `accept: false` out, so that a rule lets them pass',
    }))
  return barriers
    .filter(({ bypassed }) => bypassed.length > 0)
    .slice(0, 1)
    .map(({ bypassed: [spot] }) => ({
      guard: 'notrack-opens',
      message: `letting untracked packets of ${serviceText(service)} pass would go around ${spot === undefined ? 'the firewall' : describeSpot(spot)}`,
      advice:
        'Give the `addresses` for which the service is open, or make its own rule one without a state (`stateless_rules`)',
    }))
}

/** A host on which it cannot be done, and why. */
export function unsupported(told: Omit<Finding, 'severity'>): RuleOutcome {
  return { verdict: 'unsupported', findings: [{ ...told, severity: 'error' }] }
}
