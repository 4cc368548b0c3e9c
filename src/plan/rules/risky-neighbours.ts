import type { HostFacts } from '../../host/facts.ts'
import { whyRisky } from '../../kernel/risky-neighbours.ts'
import type { WishedSysctl } from '../../playbook/wish.ts'
import { refuse } from '../guard.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import { placeOf } from '../targets.ts'

/** Refuses to change, over the network, what may end that network for us, unless told to. */
export const riskyNeighbours: Rule = (wish, facts, allowed) =>
  allowed.has('risky-neighbour') ? {} : mergeOutcomes(wish.sysctls.map((sysctl) => guard(sysctl, facts)))

function guard({ key, value }: WishedSysctl, facts: HostFacts): RuleOutcome {
  const place = placeOf(facts, key)
  if (place.state !== 'present' || place.value === value) return {}
  const why = whyRisky(key, place.value, value)
  return why === null
    ? {}
    : refuse('risky-neighbour', `${key} from ${place.value} to ${value}: ${why}`, 'Take it out of the play')
}
