import type { Finding, HostPlan, Verdict } from './change.ts'
import type { RuleOutcome } from './rule.ts'

/** From the verdict that leaves most to the one that leaves least. */
const verdicts: readonly Verdict[] = ['possible', 'needs_root', 'unsupported', 'refused']

/** Several outcomes as one: everything in order, and the verdict that leaves least. */
export function mergeOutcomes(outcomes: readonly RuleOutcome[]): HostPlan {
  const gravity = Math.max(0, ...outcomes.map(({ verdict = 'possible' }) => verdicts.indexOf(verdict)))
  const dangers = outcomes.flatMap(({ dangers: some = [] }) => some)
  return {
    changes: outcomes.flatMap(({ changes = [] }) => changes),
    findings: told(outcomes.flatMap(({ findings = [] }) => findings)),
    verdict: verdicts[gravity] ?? 'possible',
    ...(dangers.length === 0 ? {} : { dangers }),
  }
}

/** What two rules say in the same words is said once. */
function told(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.message}`, finding]))
  return [...seen.values()]
}
