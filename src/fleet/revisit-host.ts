import type { HostFacts } from '../host/facts.ts'
import { readHost } from '../host/read-host.ts'
import type { Change, Finding } from '../plan/change.ts'
import type { HostResult, ResultError } from '../report/host-result.ts'
import { openPatiently } from '../ssh/open-patiently.ts'
import { failedOutcome, summariseFacts } from './host-outcome.ts'
import type { HostJob, Manner } from './remedy-host.ts'

/** Why hosts are read again: to see that a batch has settled, which must be calm, or that values hold. */
export interface Revisit {
  readonly reason: 'settle' | 'hold'
  readonly afterSeconds: number
}

/**
 * Reads a host again that a run has brought to its wish, and gives its result anew: as it was where all
 * still stands, failed where something was overwritten, with whoever is known to write it, or (for
 * `settle`) where connections were lost meanwhile. Never throws.
 */
export async function revisitHost(
  { label, target, remedy }: HostJob,
  earlier: HostResult,
  manner: Manner,
  { reason, afterSeconds }: Revisit,
): Promise<HostResult> {
  try {
    manner.onStage(label.host, 'verify')
    await using session = await openPatiently(target, manner.signal, manner.bastions, {
      onTry: () => {},
      random: Math.random,
    })
    const facts = await readHost(session, remedy.reading('verify'))
    const { allowed } = manner
    const planner = remedy.plannerFor(facts, { allowed, peakCount: manner.peakCountOf(label.host) })
    const { changes, findings } = planner.plan(facts)
    const overwritten = new Set(changes.map(({ path }) => path))
    const writers = findings.filter(({ code }) => code.endsWith('-writes'))
    const when = `${afterSeconds} s after the change`
    const error =
      changes.length > 0
        ? notHeld(when, changes, writers)
        : reason === 'settle'
          ? stillLosing(when, earlier, facts)
          : null
    return {
      ...earlier,
      facts: summariseFacts(facts),
      status: error === null ? earlier.status : 'failed',
      error,
      changes: earlier.changes.map((change) =>
        overwritten.has(change.path) ? { ...change, state: 'failed' } : change,
      ),
      findings: changes.length > 0 ? withNew(earlier.findings, writers) : earlier.findings,
    }
  } catch (error) {
    const lost = failedOutcome(label, error, 'verify', null, null)
    return { ...earlier, status: lost.status, error: lost.error }
  }
}

function notHeld(when: string, changes: readonly Change[], writers: readonly Finding[]): ResultError {
  const keys = changes.map(({ key, before, after }) => `${key} is ${before ?? 'missing'}, not ${after}`)
  const shown = changes.some(({ kind }) => kind === 'file')
    ? changes.map(({ key }) => `${key} has changed`)
    : keys
  const [writer] = writers
  return {
    kind: 'not_verified',
    stage: 'verify',
    message: `${when}, ${shown.slice(0, 3).join('; ')}${writer === undefined ? '' : `; ${writer.message}`}`,
    hint:
      writer?.hint ??
      'Something on the host sets it back, and it is none of the writers we know: look at its own agents.',
  }
}

/** Counters that rise when a table has no room (nf_conntrack_core.c); the others rise on a healthy host, too. */
const lossColumns = {
  drop: 'packets of new connections were dropped',
  early_drop: 'entries were thrown out',
} as const

function stillLosing(when: string, { facts: before }: HostResult, now: HostFacts): ResultError | null {
  if (before === null || before.boot_id !== now.bootId) return null
  for (const [column, what] of Object.entries(lossColumns)) {
    const fresh = (now.statistics[column] ?? 0) - (before.statistics?.[column] ?? 0)
    if (fresh > 0)
      return {
        kind: 'still_dropping',
        stage: 'verify',
        message: `${when}, ${fresh} more ${what}: its table is still too small`,
        hint: 'Raise max further, or find out what fills the table, before the rollout goes on.',
      }
  }
  return null
}

function withNew(one: readonly Finding[], other: readonly Finding[]): readonly Finding[] {
  const known = new Set(one.map(({ code, message }) => `${code} ${message}`))
  return [...one, ...other.filter(({ code, message }) => !known.has(`${code} ${message}`))]
}
