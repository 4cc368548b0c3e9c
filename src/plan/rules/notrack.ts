import { firewallOf } from '../../kernel/firewall/firewall.ts'
import { serviceText } from '../../kernel/firewall/service.ts'
import { rulesNeedRoot } from '../firewall/rules-need-root.ts'
import { judgeServices, unsupported, unworkable } from '../firewall/guard-services.ts'
import { lastingRules } from '../firewall/lasting-rules.ts'
import { isAsWished, rulesOf, type RulesOfProgram } from '../firewall/notrack-plan.ts'
import { ruleProgramsOf } from '../firewall/rule-programs.ts'
import { ruleText } from '../firewall/rule-text.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { losesFiles } from './lasting-files.ts'

/**
 * Takes services out of tracking: first come rules that let their untracked packets pass where the firewall would drop
 * them, then those that untrack them, both ways and both families. Verified by what the kernel has in force and by
 * what it loads at boot.
 */
export const notrack: Rule = (wish, facts, allowed) => {
  const { notrack: services } = wish
  if (services === undefined) return {}
  if (facts.firewall === null) return {}
  if (facts.uid !== 0) return rulesNeedRoot(facts.uid)
  const firewall = firewallOf(facts.firewall)
  const programs = ruleProgramsOf(firewall, facts.firewall, facts.kernel)
  const trouble = unworkable(firewall, facts.firewall, wayOfFirewalld)
  if (trouble !== null) return trouble
  if (programs.length === 0)
    return unsupported({
      code: 'no-firewall-tool',
      message: 'neither nft nor iptables is on this host',
      hint: 'Install nftables there, or leave this host out of the play.',
    })
  const sets = programs.map((program) => rulesOf(firewall, program, services))
  const fresh = services.filter(({ isPresent }) => isPresent)
  return mergeOutcomes([
    judgeServices(firewall, facts.firewall, programs, fresh, allowed),
    ...sets.map(ruleOutcome),
    ...(wish.persist && !losesFiles(facts)
      ? sets.map(({ program, wished }) => lastingRules(firewall.kind, program, wished, facts))
      : []),
  ])

  function ruleOutcome(set: RulesOfProgram): RuleOutcome {
    if (isAsWished(set)) return {}
    const { program, now, wished, overtaken } = set
    const names = [...new Set((services ?? []).map(serviceText))].join(', ')
    const why =
      overtaken.length > 0
        ? `${overtaken.length} of our rules had no effect any longer: others were put before them`
        : `${wished.length === 0 ? 'tracks again' : 'leaves untracked'}: ${names}`
    return {
      dangers: [`new rules of ${program.path} over ${names}`],
      changes: [
        {
          kind: 'rule',
          key: `${program.path} rules`,
          path: program.path,
          before: ruleText(program.path, now),
          after: ruleText(program.path, wished),
          reason: why,
        },
      ],
    }
  }
}

const wayOfFirewalld =
  'Use its direct interface: firewall-cmd --permanent --direct --add-rule ipv4 raw PREROUTING 0 ! -i lo -p tcp --dport PORT -j CT --notrack, the same with OUTPUT, ! -o lo and --sport, and both with ipv6.'
