import type { HostResult, Status } from '../report/host-result.ts'
import { DeadlinePassed } from './deadline.ts'
import { type Label, skippedOutcome } from './host-outcome.ts'
import type { HostJob } from './remedy-host.ts'

/**
 * A host whose turn never came. `why` is what of other hosts stopped the run; null: it was the operator, or
 * the clock, as `reason` of the aborted signal tells.
 */
export function notReached({ label }: HostJob, why: string | null, reason: unknown): HostResult {
  const again = 'run again; those that are as wished are left alone.'
  if (why === null && reason instanceof DeadlinePassed)
    return skippedOutcome(label, {
      code: 'deadline-passed',
      severity: 'warning',
      message: 'not reached: the deadline of the run passed before its turn',
      hint: `Give it more time or more --forks, then ${again}`,
    })
  return skippedOutcome(label, {
    code: 'not-reached',
    severity: 'warning',
    message: `not reached: the run was stopped before its turn${why === null ? '' : `: ${why}`}`,
    hint: why === null ? `To finish, ${again}` : `Mend the hosts that failed, then ${again}`,
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

/** A host of which a saved plan has nothing, since it ended with `status` when it was to be planned. */
export function unplannedOutcome(label: Label, status: Status, why: string): HostResult {
  return skippedOutcome(label, {
    code: 'not-planned',
    severity: 'error',
    message: `left out: the saved plan has nothing for it, since it ended as ${status} then${why === '' ? '' : `: ${why}`}`,
    hint: 'Mend that, and plan it anew; or leave it out with --limit.',
  })
}
