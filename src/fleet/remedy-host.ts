import { applyChanges } from '../host/apply-changes.ts'
import type { HostFacts } from '../host/facts.ts'
import { readHost } from '../host/read-host.ts'
import type { ReadingScope } from '../host/reading.ts'
import type { Change, HostPlan } from '../plan/change.ts'
import type { GuardName } from '../plan/rule.ts'
import { findSymptoms } from '../plan/symptoms.ts'
import type { FactsSummary, HostResult } from '../report/host-result.ts'
import type { Bastions } from '../ssh/bastions.ts'
import { HostFailure, type Stage } from '../ssh/failure.ts'
import { openSession } from '../ssh/open-session.ts'
import type { Target } from '../ssh/target.ts'
import type { History } from '../usage/usage.ts'
import { appliedOutcome, failedOutcome, type Label, readOutcome, summariseFacts } from './host-outcome.ts'
import type { Remedy } from './remedy.ts'

/** One host and what is to become of it. */
export interface HostJob {
  readonly label: Label
  readonly target: Target
  readonly remedy: Remedy
}

/** How a run treats every host. */
export interface Manner {
  /** `read` stops before anything is changed: that is all there is to a dry run. */
  readonly mode: 'read' | 'apply'
  readonly scope: ReadingScope
  readonly allowed: ReadonlySet<GuardName>
  /** What earlier runs saw of the host's counters and of its count, where that is asked for. */
  readonly historyOf: (host: string) => History
  /** The highest count in the records, where some policy asks for it. */
  readonly peakCountOf: (host: string) => number | null
  /** Cuts a host off at once. */
  readonly signal: AbortSignal
  /** What the hosts share on their way in; without it each makes its own way. */
  readonly bastions?: Bastions
  readonly onStage: (host: string, stage: Stage) => void
  /** Keeps the plan with what stands there now; the host is changed only when it gives true. */
  readonly onPlanned: (label: Label, facts: FactsSummary, changes: readonly Change[]) => Promise<boolean>
}

/** Reads a host, plans, and, where asked, changes and verifies it. Never throws: a failed host is a value. */
export async function remedyHost({ label, target, remedy }: HostJob, manner: Manner): Promise<HostResult> {
  let facts: HostFacts | null = null
  let sent: HostPlan | null = null
  let stage: Stage = 'connect'
  const enter = (next: Stage): void => {
    stage = next
    manner.onStage(label.host, next)
  }
  try {
    enter('connect')
    await using session = await openSession(target, manner.signal, manner.bastions)
    enter('read')
    const reading = remedy.reading(manner.scope)
    facts = await readHost(session, reading)
    const { allowed } = manner
    const planner = remedy.plannerFor(facts, { allowed, peakCount: manner.peakCountOf(label.host) })
    const plan = withSymptoms(planner.plan(facts), facts, label, manner)
    if (manner.scope === 'verify') {
      const { findings = [], ...told } = planner.tell(facts, manner.historyOf(label.host))
      return { ...readOutcome(label, facts, { ...plan, findings: [...plan.findings, ...findings] }), ...told }
    }
    if (manner.mode === 'read' || plan.changes.length === 0) return readOutcome(label, facts, plan)

    if (!(await manner.onPlanned(label, summariseFacts(facts), plan.changes))) throw notRecorded()
    enter('apply')
    sent = plan
    const applied = await applyChanges(session, plan.changes, reading)
    // Verify is a second plan: when nothing is left, the host is as wished.
    const left = planner.plan(applied.facts)
    return appliedOutcome(label, plan, applied, withSymptoms(left, applied.facts, label, manner))
  } catch (error) {
    return failedOutcome(label, error, stage, facts, sent)
  }
}

function withSymptoms(plan: HostPlan, facts: HostFacts, { host }: Label, { historyOf }: Manner): HostPlan {
  return {
    ...plan,
    findings: [...plan.findings, ...findSymptoms(facts, historyOf(host).earlier)],
  }
}

/** Without a record nobody could put the host back. */
function notRecorded(): HostFailure {
  return new HostFailure(
    'not_recorded',
    'apply',
    'what stands on this host could not be recorded, so it was not changed',
    'Make room for the records, or name another folder with --state-dir.',
  )
}
