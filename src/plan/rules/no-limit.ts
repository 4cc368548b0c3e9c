import { isAtLeast } from '../../kernel/release.ts'
import { refuse } from '../guard.ts'
import type { Rule } from '../rule.ts'

/** A max of 0 is no limit up to Linux 6.18, and refused from 6.19 on (EINVAL; commit 2b749f257645). */
export const noLimit: Rule = ({ max }, facts, allowed) => {
  if (max !== 0 || facts.max === 0) return {}
  if (isAtLeast(facts.kernel, '6.19') === true)
    return {
      verdict: 'unsupported',
      findings: [
        {
          code: 'no-limit-unsupported',
          severity: 'error',
          message: `Linux ${facts.kernel} refuses a max of 0: from 6.19 on there is always a limit`,
          hint: 'Wish a number, or a policy with memory_at_most.',
        },
      ],
    }
  if (allowed.has('no-limit')) return {}
  return refuse(
    'no-limit',
    'a max of 0 is no limit: whoever opens connections can take all the memory, and none is refused before',
    'Wish a number, or a policy with memory_at_most',
  )
}
