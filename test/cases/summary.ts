import type { HostPlan } from '../../src/plan/change.ts'

/** A plan as the folders of cases show it. */
export function summary({ verdict, changes, findings }: HostPlan): object {
  return {
    verdict,
    changes: changes.map(({ kind, path, before, after, reason }) => ({
      [kind]: path,
      before,
      after,
      reason,
    })),
    findings: findings.map(({ code, severity, message, hint }) => ({ [severity]: code, message, hint })),
  }
}
