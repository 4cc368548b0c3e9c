import { calmFirst } from './outcomes.ts'
import type { Status, Totals } from './host-result.ts'

/** The statuses that hosts ended in, gravest first, each with how many. */
export function statusCounts(totals: Totals): readonly { readonly status: Status; readonly hosts: number }[] {
  return calmFirst
    .toReversed()
    .filter((status) => totals[status] > 0)
    .map((status) => ({ status, hosts: totals[status] }))
}
