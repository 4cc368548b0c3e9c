import { readingFor } from '../host/reading.ts'
import { planHost } from '../plan/plan-host.ts'
import { sizeWish } from '../plan/size-wish.ts'
import { truthsOf } from '../plan/truths.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Remedy } from './remedy.ts'

/** Brings a host to what a play wishes. Its numbers are worked out once: what is verified are the same ones. */
export function wishRemedy(wish: Wish): Remedy {
  return {
    spec: { kind: 'wish', wish },
    reading: (scope) => readingFor(wish, scope),
    plannerFor: (facts, { allowed, peakCount }) => {
      const sized = sizeWish(wish, facts, peakCount)
      return {
        plan: (reading) => planHost(sized, reading, allowed),
        tell: (reading, { earlier }) => ({ truths: truthsOf(sized, reading, earlier) }),
      }
    },
    needsPeakCount: asksForPeak(wish),
  }
}

/** Does the wish go by the highest count in the records? */
export function asksForPeak({ max }: Wish): boolean {
  return typeof max === 'object' && max.peakTimes !== undefined
}
