import type { HostFacts } from '../host/facts.ts'
import type { Finding } from './change.ts'

/** What an earlier run saw of the same host. */
export interface EarlierFacts {
  readonly run: string
  readonly bootId: string
  readonly statistics: Readonly<Record<string, number>>
}

/** Share of max from which a table counts as nearly full, as node-problem-detector has it. */
const nearlyFull = 0.9

interface Symptom {
  readonly column: string
  readonly code: string
  /** What happened so often. */
  readonly what: string
  readonly hint: string
}

/** Columns of /proc/net/stat/nf_conntrack that tell of lost connections (nf_conntrack_core.c). */
const symptoms: readonly Symptom[] = [
  {
    column: 'drop',
    code: 'drops',
    what: 'packets of new connections dropped because no entry could be had',
    hint: 'The table was full: raise max, or find out what fills it.',
  },
  {
    column: 'early_drop',
    code: 'early-drops',
    what: 'entries thrown out to make room',
    hint: 'The table was full for a moment: raise max before connections are lost.',
  },
  {
    column: 'chainlength',
    code: 'long-chains',
    what: 'connections dropped because their hash chain was too long, which the kernel does not log',
    hint: 'Raise hashsize to the size of max: leave `hashsize` out of the play, and it is chosen so.',
  },
]

/**
 * Signs of trouble that no setting shows: a table near its end, and what the counters tell. With an
 * earlier reading of the same boot, only what came since; otherwise all since boot.
 */
export function findSymptoms(facts: HostFacts, earlier: EarlierFacts | null): readonly Finding[] {
  const since = earlier !== null && earlier.bootId === facts.bootId ? earlier : null
  return [...fullness(facts), ...symptoms.flatMap((symptom) => counted(symptom, facts, since))]
}

function fullness({ count, max }: HostFacts): readonly Finding[] {
  if (count === null || max === null || max === 0 || count < max * nearlyFull) return []
  return [
    {
      code: 'table-nearly-full',
      severity: 'warning',
      message: `${count} of ${max} entries are in use (${Math.floor((count / max) * 100)} %)`,
      hint: 'New connections are dropped when it is full: raise max, or shorten timeouts.',
    },
  ]
}

function counted(
  { column, code, what, hint }: Symptom,
  { statistics }: HostFacts,
  since: EarlierFacts | null,
): readonly Finding[] {
  const now = statistics[column] ?? 0
  const before = since?.statistics[column] ?? 0
  const fresh = now - before
  const when = since === null ? 'since boot' : `since run ${since.run}`
  if (fresh > 0) return [{ code, severity: 'warning', message: `${fresh} ${what}, ${when}`, hint }]
  if (before === 0) return []
  return [
    {
      code: `no-more-${code}`,
      severity: 'info',
      message: `no ${what}, ${when} (${before} before)`,
      hint: 'The cure holds so far.',
    },
  ]
}

/** Counters of lost connections since an earlier reading of the same boot, else since boot; null where there is none. */
export function lossesSince(
  { bootId, statistics }: HostFacts,
  earlier: EarlierFacts | null,
): Readonly<Record<'drop' | 'early_drop' | 'insert_failed' | 'chainlength', number | null>> & {
  readonly since: string
} {
  const since = earlier !== null && earlier.bootId === bootId ? earlier : null
  const fresh = (column: string): number | null => {
    const now = statistics[column]
    return now === undefined ? null : Math.max(0, now - (since?.statistics[column] ?? 0))
  }
  return {
    since: since?.run ?? 'boot',
    drop: fresh('drop'),
    early_drop: fresh('early_drop'),
    insert_failed: fresh('insert_failed'),
    chainlength: fresh('chainlength'),
  }
}

/** How much of max is free, in whole percent, rounded down; null without a table, or with a max of 0, which is none. */
export function headroomPercent({ count, max }: HostFacts): number | null {
  if (count === null || max === null || max === 0) return null
  return Math.max(0, Math.floor((1 - count / max) * 100))
}
