import { usageReading } from '../host/reading.ts'
import { usageFindings } from '../usage/usage-findings.ts'
import { type Thresholds, usageOf } from '../usage/usage.ts'
import type { Remedy } from './remedy.ts'

/** Wishes nothing of a host, and tells how full its table is. */
export function checkRemedy(thresholds: Thresholds): Remedy {
  return {
    spec: { kind: 'check', thresholds },
    reading: () => usageReading,
    plannerFor: () => ({
      plan: () => ({ changes: [], findings: [], verdict: 'possible' }),
      tell: (facts, history) => {
        const usage = usageOf(facts, history, thresholds)
        const isOver = usage.level === 'warning' || usage.level === 'critical'
        return {
          ...(isOver ? { status: 'pending' } : {}),
          usage,
          findings: usageFindings(facts, usage),
        }
      },
    }),
    needsPeakCount: false,
  }
}
