import { usualConfirmSeconds } from '../playbook/rollout.ts'
import type { Finding, HostPlan } from './change.ts'

/** That a new connection has to confirm what is changed, or the host puts it back by itself. */
export interface NeededConfirmation {
  readonly withinSeconds: number
  readonly reasons: readonly string[]
}

/** Whether a plan is to be confirmed: always where it is dangerous, else where the play says within how many seconds. */
export function neededConfirmation(
  { changes, dangers = [] }: HostPlan,
  confirmSeconds: number | null,
): NeededConfirmation | null {
  if (changes.length === 0 || (dangers.length === 0 && confirmSeconds === null)) return null
  return {
    withinSeconds: confirmSeconds ?? usualConfirmSeconds,
    reasons: dangers.length === 0 ? ['the play asks for it'] : dangers,
  }
}

/** Tells of it in a plan. */
export function confirmationFinding({ withinSeconds, reasons }: NeededConfirmation): Finding {
  return {
    code: 'needs-confirmation',
    severity: 'info',
    message: `to be confirmed over a new connection within ${withinSeconds} s, or the host puts all back by itself: ${reasons.join('; ')}`,
    hint: 'apply does so. Set the time with confirm_within.',
  }
}
