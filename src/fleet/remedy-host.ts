import type { HostFacts } from '../host/facts.ts'
import { healHost } from '../host/heal-host.ts'
import { readHost } from '../host/read-host.ts'
import type { Errand } from '../inventory/errand.ts'
import type { ReadingScope } from '../host/reading.ts'
import { findAtWork, healed } from '../plan/at-work.ts'
import type { Change, Finding, HostPlan } from '../plan/change.ts'
import { confirmationFinding, neededConfirmation } from '../plan/confirmation.ts'
import type { GuardName } from '../plan/rule.ts'
import { findSymptoms } from '../plan/symptoms.ts'
import type { FactsSummary, HostResult } from '../report/host-result.ts'
import type { Bastions } from '../ssh/bastions.ts'
import { HostFailure, type Stage } from '../ssh/failure.ts'
import { openPatiently } from '../ssh/open-patiently.ts'
import type { Target } from '../ssh/target.ts'
import type { History } from '../usage/usage.ts'
import { changeHost } from './change-host.ts'
import { failedOutcome, type Label, readOutcome, summariseFacts } from './host-outcome.ts'
import { pause } from './pause.ts'
import type { Remedy } from './remedy.ts'

/** One host and what is to become of it. */
export interface HostJob {
  readonly label: Label
  readonly target: Target
  readonly remedy: Remedy
  /** Seconds within which a new connection has to confirm its changes; null: only those that may cut us off. */
  readonly confirmSeconds: number | null
  /** What a runner elsewhere is told of it; null where the work is done here. */
  readonly errand?: Errand | null
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
  /** Who this run is, in a few words, for others who want to change the same host. */
  readonly who: string
  /** Cuts a host off at once. */
  readonly signal: AbortSignal
  /** What the hosts share on their way in; without it each makes its own way. */
  readonly bastions?: Bastions
  readonly onStage: (host: string, stage: Stage) => void
  /** Keeps the plan with what stands there now; the host is changed only when it gives true. */
  readonly onPlanned: (label: Label, facts: FactsSummary, changes: readonly Change[]) => Promise<boolean>
}

/** How often, and how many seconds apart, a host is looked at again that another run is changing. */
const lockTries = 8
const lockPauseSeconds = 1

/** Reads a host, plans, and, where asked, changes and verifies it. Never throws: a failed host is a value. */
export async function remedyHost(job: HostJob, manner: Manner): Promise<HostResult> {
  let logins = 1
  const result = await tryRemedy(job, manner, (tries) => (logins = tries))
  return logins === 1 ? result : { ...result, tries: logins }
}

async function tryRemedy(job: HostJob, manner: Manner, onTry: (tries: number) => void): Promise<HostResult> {
  const { label, target, remedy } = job
  let facts: HostFacts | null = null
  let sent: HostPlan | null = null
  let stage: Stage = 'connect'
  const enter = (next: Stage): void => {
    stage = next
    manner.onStage(label.host, next)
  }
  try {
    enter('connect')
    await using session = await openPatiently(target, manner.signal, manner.bastions, {
      onTry,
      random: Math.random,
    })
    const reading = remedy.reading(manner.scope)
    for (let tries = 1; ; tries += 1) {
      enter('read')
      facts = await readHost(session, reading)
      const news: Finding[] = []
      if (manner.mode === 'apply' && isLeftHalfChanged(facts)) {
        facts = await healHost(session, manner.who, reading)
        if (!facts.atWork.hasJournal) news.push(healed)
      }
      const { allowed } = manner
      const planner = remedy.plannerFor(facts, { allowed, peakCount: manner.peakCountOf(label.host) })
      const replan = (seen: HostFacts): HostPlan =>
        withFindings(planner.plan(seen), [
          ...news,
          ...findAtWork(seen),
          ...findSymptoms(seen, manner.historyOf(label.host).earlier),
        ])
      const { expected = asItIs } = planner
      const plan = withConfirmation(expected(replan(facts)), job)
      if (manner.scope === 'verify') {
        const { findings = [], ...told } = planner.tell(facts, manner.historyOf(label.host))
        return { ...readOutcome(label, facts, withFindings(plan, findings)), ...told }
      }
      if (manner.mode === 'read' || plan.changes.length === 0) return readOutcome(label, facts, plan)

      if (!(await manner.onPlanned(label, summariseFacts(facts), plan.changes))) throw notRecorded()
      enter('apply')
      sent = plan
      const result = await changeHost(session, job, { plan, reading, replan, bootId: facts.bootId }, manner)
      if (result.error?.kind !== 'locked' || tries === lockTries) return result
      // Nothing was done: what the other run leaves is what counts.
      sent = null
      if (!(await pause(lockPauseSeconds, manner.signal))) return result
    }
  } catch (error) {
    return failedOutcome(label, error, stage, facts, sent)
  }
}

function asItIs(plan: HostPlan): HostPlan {
  return plan
}

/** A run was killed there, and nobody is at work now. */
function isLeftHalfChanged({ atWork: { hasJournal, holder } }: HostFacts): boolean {
  return hasJournal && holder === null
}

function withFindings(plan: HostPlan, findings: readonly Finding[]): HostPlan {
  return { ...plan, findings: [...plan.findings, ...findings] }
}

function withConfirmation(plan: HostPlan, { confirmSeconds }: HostJob): HostPlan {
  const needed = neededConfirmation(plan, confirmSeconds)
  return needed === null ? plan : withFindings(plan, [confirmationFinding(needed)])
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
