import type { HostFacts } from '../host/facts.ts'
import type { Wish } from '../playbook/wish.ts'
import { afterLoad } from './after-load.ts'
import type { HostPlan } from './change.ts'
import { mergeOutcomes } from './merge-outcomes.ts'
import type { GuardName, Rule } from './rule.ts'
import { belowCount } from './rules/below-count.ts'
import { bootOrder } from './rules/boot-order.ts'
import { loadModule } from './rules/load-module.ts'
import { persistence } from './rules/persistence.ts'
import { sysctls } from './rules/sysctls.ts'
import { tableSize } from './rules/table-size.ts'

/** In the order in which their changes are made: the kernel first, so that a host is relieved at once. */
const rules: readonly Rule[] = [belowCount, tableSize, sysctls, persistence, bootOrder]

/**
 * Compares what a play wishes with what a host is. The same function plans a change and, on facts
 * read afterwards, verifies it: nothing left to change means verified.
 */
export function planHost(wish: Wish, facts: HostFacts, allowed: ReadonlySet<GuardName>): HostPlan {
  const module = loadModule(wish, facts, allowed)
  const seen = module.changes === undefined ? facts : afterLoad(facts)
  const plan = mergeOutcomes([module, ...rules.map((rule) => rule(wish, seen, allowed))])
  // A host takes all of a wish or nothing of it.
  return plan.verdict === 'possible' ? plan : { ...plan, changes: [] }
}
