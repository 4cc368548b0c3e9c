import type { Rule } from '../rule.ts'

/** A max below the live count drops every new connection at once, ours among them, until the table drains. */
export const belowCount: Rule = ({ max }, { count }, allowed) => {
  if (max === undefined || count === null || max >= count || allowed.has('max-below-count')) return {}
  return {
    verdict: 'refused',
    findings: [
      {
        code: 'max-below-count',
        severity: 'error',
        message: `max ${max} is below the ${count} entries in the table: every new connection would be dropped`,
        hint: 'Wish at least the live count and some headroom, or permit it with --allow max-below-count.',
      },
    ],
  }
}
