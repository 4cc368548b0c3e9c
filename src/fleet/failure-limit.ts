import type { Rollout } from '../playbook/rollout.ts'
import type { HostResult } from '../report/host-result.ts'

/**
 * How many hosts of a batch may fail before the run stops. A host that failed in any way counts, the
 * unreachable ones as well: nobody knows what a change does to a fleet that does not answer.
 */
export interface FailureLimit {
  /** Notes a host's end; true as soon as more have failed than may. */
  readonly isPassedBy: (result: HostResult) => boolean
  /** `2 of 10 hosts failed, and at most 5 % of a batch may`. */
  readonly words: () => string
}

/** The limit for a batch of so many hosts. Without `serial` and `max_fail_percentage` there is none. */
export function failureLimit(hosts: number, { serial, maxFailPercentage }: Rollout): FailureLimit {
  const percent = maxFailPercentage ?? (serial === null ? 100 : 0)
  let failed = 0
  return {
    isPassedBy: ({ status }) => {
      if (!inOrder.has(status)) failed += 1
      return failed * 100 > hosts * percent
    },
    words: () =>
      `${failed} of ${hosts} ${hosts === 1 ? 'host' : 'hosts'} failed, and ${percent === 0 ? 'none' : `at most ${percent} %`} of a batch may`,
  }
}

/** What a host may have come to without having failed. */
const inOrder: ReadonlySet<HostResult['status']> = new Set(['ok', 'changed', 'pending', 'skipped'])
