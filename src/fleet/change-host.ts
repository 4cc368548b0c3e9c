import { type Applied, applyChanges } from '../host/apply-changes.ts'
import type { HostFacts } from '../host/facts.ts'
import type { Reading } from '../host/reading.ts'
import { neededConfirmation, type NeededConfirmation } from '../plan/confirmation.ts'
import type { HostPlan } from '../plan/change.ts'
import type { HostResult } from '../report/host-result.ts'
import type { Session } from '../ssh/session.ts'
import { confirmHost } from './confirm-host.ts'
import { appliedOutcome, readOutcome, unconfirmedOutcome } from './host-outcome.ts'
import type { HostJob, Manner } from './remedy-host.ts'

/** What is to be changed, and how a reading is judged afterwards. */
export interface DueChange {
  readonly plan: HostPlan
  readonly reading: Reading
  /** The plan of a later reading: nothing left to change means verified. */
  readonly replan: (facts: HostFacts) => HostPlan
  readonly bootId: string
}

/**
 * Makes the changes of a plan and says what became of them. Those that may cut us off are confirmed over a new
 * connection; without that, the host puts them back. Gives `locked` when another run changes the host: nothing was
 * done then. Throws HostFailure when the answer is lost.
 */
export async function changeHost(
  session: Session,
  { label, target, confirmSeconds }: HostJob,
  { plan, reading, replan, bootId }: DueChange,
  manner: Manner,
): Promise<HostResult> {
  const needed = neededConfirmation(plan, confirmSeconds)
  const sentAt = performance.now()
  const applied = await applyChanges(
    session,
    { changes: plan.changes, confirmSeconds: needed?.withinSeconds ?? null, who: manner.who, bootId },
    reading,
  )
  // Verify is a second plan: when nothing is left, the host is as wished.
  const left = replan(applied.facts)
  // Somebody else made the same changes between our reading and our writing.
  if (isDoneByOthers(applied, left)) return readOutcome(label, applied.facts, left)
  const outcome = appliedOutcome(label, plan, applied, left)
  if (needed === null) return outcome
  if (applied.unconfirmed === null) return withConfirmation(outcome, needed, 'reverted')

  manner.onStage(label.host, 'verify')
  const until = sentAt + needed.withinSeconds * 1000
  const confirming = await confirmHost(target, applied.unconfirmed, until, reading, manner.signal)
  return confirming.state === 'confirmed'
    ? withConfirmation(outcome, needed, 'confirmed')
    : withConfirmation(unconfirmedOutcome(outcome, needed, confirming, replan), needed, confirming.state)
}

function isDoneByOthers({ failure }: Applied, left: HostPlan): boolean {
  return failure?.kind === 'moved' && left.changes.length === 0 && left.verdict === 'possible'
}

function withConfirmation(
  result: HostResult,
  { withinSeconds, reasons }: NeededConfirmation,
  state: 'confirmed' | 'reverted' | 'unconfirmed',
): HostResult {
  return { ...result, confirmation: { within_seconds: withinSeconds, reasons, state } }
}
