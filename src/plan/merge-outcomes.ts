import type { HostPlan, Verdict } from './change.ts'
import type { RuleOutcome } from './rule.ts'

/** From the verdict that leaves most to the one that leaves least. */
const verdicts: readonly Verdict[] = ['possible', 'needs_root', 'unsupported', 'refused']

/** Several outcomes as one: everything in order, and the verdict that leaves least. */
export function mergeOutcomes(outcomes: readonly RuleOutcome[]): HostPlan {
  const gravity = Math.max(0, ...outcomes.map(({ verdict = 'possible' }) => verdicts.indexOf(verdict)))
  const dangers = outcomes.flatMap(({ dangers: some = [] }) => some)
  return {
    changes: outcomes.flatMap(({ changes = [] }) => changes),
    findings: outcomes.flatMap(({ findings = [] }) => findings),
    verdict: verdicts[gravity] ?? 'possible',
    ...(dangers.length === 0 ? {} : { dangers }),
  }
}
