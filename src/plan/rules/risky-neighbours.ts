import type { HostFacts } from '../../host/facts.ts'
import { whyRisky } from '../../kernel/risky-neighbours.ts'
import type { WishedSysctl } from '../../playbook/wish.ts'
import { refuse } from '../guard.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule } from '../rule.ts'
import { placeOf } from '../targets.ts'

/**
 * Refuses to change, over the network, what may end that network for us, unless told to; then the host puts it back
 * by itself where a new connection does not get in.
 */
export const riskyNeighbours: Rule = (wish, facts, allowed) => {
  const risks = wish.sysctls.flatMap((sysctl) => riskOf(sysctl, facts))
  if (allowed.has('risky-neighbour')) return risks.length === 0 ? {} : { dangers: risks }
  return mergeOutcomes(risks.map((risk) => refuse('risky-neighbour', risk, 'Take it out of the play')))
}

function riskOf({ key, value }: WishedSysctl, facts: HostFacts): readonly string[] {
  const place = placeOf(facts, key)
  if (place.state !== 'present' || place.value === value) return []
  const why = whyRisky(key, place.value, value)
  return why === null ? [] : [`${key} from ${place.value} to ${value}: ${why}`]
}
