import type { HostFacts } from '../host/facts.ts'
import type { Wish } from '../playbook/wish.ts'
import type { HostPlan, Verdict } from './change.ts'
import type { GuardName, Rule } from './rule.ts'
import { bootOrder } from './rules/boot-order.ts'
import { belowCount } from './rules/below-count.ts'
import { loadModule } from './rules/load-module.ts'
import { persistence } from './rules/persistence.ts'
import { sysctls } from './rules/sysctls.ts'
import { tableSize } from './rules/table-size.ts'

/** In the order in which their changes are made: the kernel first, so that a host is relieved at once. */
const rules: readonly Rule[] = [belowCount, loadModule, tableSize, sysctls, persistence, bootOrder]

/** From the verdict that leaves most to the one that leaves least. */
const verdicts: readonly Verdict[] = ['possible', 'needs_root', 'unsupported', 'refused']

/**
 * Compares what a play wishes with what a host is. The same function plans a change and, on facts
 * read afterwards, verifies it: nothing left to change means verified.
 */
export function planHost(wish: Wish, facts: HostFacts, allowed: ReadonlySet<GuardName>): HostPlan {
  const outcomes = rules.map((rule) => rule(wish, facts, allowed))
  const verdict = outcomes.reduce<Verdict>(
    (worst, outcome) =>
      verdicts.indexOf(outcome.verdict ?? 'possible') > verdicts.indexOf(worst)
        ? (outcome.verdict ?? worst)
        : worst,
    'possible',
  )
  return {
    // A host takes all of a wish or nothing of it.
    changes: verdict === 'possible' ? outcomes.flatMap(({ changes = [] }) => changes) : [],
    findings: outcomes.flatMap(({ findings = [] }) => findings),
    verdict,
  }
}
