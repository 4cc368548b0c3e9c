import { refuse } from '../guard.ts'
import type { Rule } from '../rule.ts'

/** A max below the live count drops every new connection at once, ours among them, until the table drains. */
export const headroom: Rule = ({ max }, facts, allowed) => {
  const { count } = facts
  // 0 is no limit, in a wish and on a host.
  if (max === undefined || max === 0 || count === null || max === facts.max) return {}
  if (max < count)
    return allowed.has('max-below-count')
      ? {}
      : refuse(
          'max-below-count',
          `max ${max} is below the ${count} entries in the table: every new connection would be dropped`,
          'Wish at least the live count and some headroom',
        )
  // A max that is raised may be short of headroom and still be better than what was.
  const isLowered = facts.max !== null && (facts.max === 0 || max < facts.max)
  if (!isLowered || max * 0.9 >= count || allowed.has('little-headroom')) return {}
  return refuse(
    'little-headroom',
    `max ${max} would leave less than a tenth above the ${count} entries in the table`,
    'Wish more, or keep what is there with never_lower',
  )
}
