import { filterText } from '../kernel/drain-filter.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Change } from './change.ts'

/**
 * A wish whose numbers are those that a plan came to on a host: what is asked of it later is the same, whatever its
 * count or its records have become. `max` is the host's ceiling when it was planned, or null. A drain keeps the filters
 * that the plan deletes by.
 */
export function pinWish(wish: Wish, changes: readonly Change[], max: number | null): Wish {
  const raised = changes.find(({ kind, key }) => kind === 'live' && key === tableKeys.max)
  // What is not raised has what the policy came to; without a table nobody knows, and the policy goes by what stays.
  const entries = raised?.after === undefined || raised.after === null ? max : Number(raised.after)
  const { drain, ...rest } = wish
  const due = drain?.filter((filter) =>
    changes.some(({ kind, path }) => kind === 'drain' && path.startsWith(`${filterText(filter)} `)),
  )
  return {
    ...rest,
    ...(typeof wish.max === 'object' && entries !== null ? { max: entries } : {}),
    ...(due === undefined || due.length === 0 ? {} : { drain: due }),
  }
}
