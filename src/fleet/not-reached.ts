import type { HostResult } from '../report/host-result.ts'
import { skippedOutcome } from './host-outcome.ts'
import type { HostJob } from './remedy-host.ts'

/** A host whose turn never came, since the run was stopped: by a signal, or because of `why`. */
export function notReached({ label }: HostJob, why: string | null): HostResult {
  return skippedOutcome(label, {
    code: 'not-reached',
    severity: 'warning',
    message: `not reached: the run was stopped before its turn${why === null ? '' : `: ${why}`}`,
    hint:
      why === null
        ? 'Run again; hosts that are as wished are left alone.'
        : 'Mend the hosts that failed, then run again; those that are as wished are left alone.',
  })
}

/** A host that an earlier play failed to bring to its wish. */
export function lostEarlier({ label }: HostJob): HostResult {
  return skippedOutcome(label, {
    code: 'lost-in-earlier-play',
    severity: 'warning',
    message: 'left out: an earlier play did not bring this host to its wish',
    hint: 'Mend what that play reports, then run again.',
  })
}
