import { createHash } from 'node:crypto'
import type { HostFacts } from '../host/facts.ts'
import { readingFor } from '../host/reading.ts'
import type { HostPlan } from '../plan/change.ts'
import { movedSincePlan, type PlannedChanges } from '../plan/moved-since-plan.ts'
import { planHost } from '../plan/plan-host.ts'
import type { GuardName } from '../plan/rule.ts'
import { sizeWish } from '../plan/size-wish.ts'
import { truthsOf } from '../plan/truths.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Remedy } from './remedy.ts'
import { asksForPeak } from './wish-remedy.ts'

/** What a saved plan has of one host. */
export interface SavedHost extends PlannedChanges {
  /** With the numbers that the plan came to. */
  readonly wish: Wish
  /** Guards that were lifted when it was planned. */
  readonly allowed: readonly GuardName[]
}

/**
 * Makes the changes of a saved plan, and no others. What is wished is planned once more on the host as it is now: only
 * where that comes to the very same changes has nothing moved, and none of the guards says no today. A host that is as
 * wished by now is left alone.
 */
export function savedRemedy(saved: SavedHost): Remedy {
  const { wish } = saved
  return {
    spec: { kind: 'saved', saved },
    reading: (scope) => readingFor(wish, scope),
    plannerFor: (facts, { allowed, peakCount }) => {
      const lifted = new Set([...saved.allowed, ...allowed])
      const sized = sizeWish(wish, facts, peakCount)
      return {
        plan: (reading) => planHost(sized, reading, lifted),
        expected: (plan) => asSaved(saved, plan, facts),
        tell: (reading, { earlier }) => ({ truths: truthsOf(sized, reading, earlier) }),
      }
    },
    needsPeakCount: asksForPeak(wish),
  }
}

function asSaved(saved: SavedHost, plan: HostPlan, facts: HostFacts): HostPlan {
  if (plan.verdict !== 'possible' || plan.changes.length === 0) return plan
  const moved = movedSincePlan(saved, plan.changes, facts, shortChecksum)
  if (moved.length > 0) return { changes: [], findings: [...moved, ...plan.findings], verdict: 'refused' }
  const drains = plan.changes.filter(({ kind }) => kind === 'drain')
  const changes = saved.changes.flatMap((change) =>
    change.kind === 'drain' ? drains.filter(({ path }) => path === change.path) : [change],
  )
  return { ...plan, changes }
}

function shortChecksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
