import type { HostResult, Status } from '../report/host-result.ts'

/** How a host stood at the end of its last scheduled run. */
interface Condition {
  /** `ok`, or the status and kind of the trouble: `failed not_verified`. */
  readonly word: string
  /** ISO 8601: since when it has been so. */
  readonly since: string
}

/** By play and host. */
export type Conditions = Readonly<Record<string, Condition>>

/** What is worth a mail. */
export interface Transitions {
  /** Hosts that were changed now. */
  readonly changed: readonly HostResult[]
  /** Hosts in a trouble in which they were not at the last run. */
  readonly failed: readonly HostResult[]
  /** Hosts that were in trouble at the last run and are as wished now. */
  readonly recovered: readonly { readonly result: HostResult; readonly was: Condition }[]
  /** Hosts still in the trouble that has been told already. */
  readonly still: readonly HostResult[]
  readonly next: Conditions
}

/**
 * Compares a run with the one before it. A trouble is told once, when it begins, and once when it is over; a host
 * that was not reached keeps the condition it had.
 */
export function compareRuns(before: Conditions, hosts: readonly HostResult[], now: string): Transitions {
  const changed: HostResult[] = []
  const failed: HostResult[] = []
  const recovered: { result: HostResult; was: Condition }[] = []
  const still: HostResult[] = []
  const next: Record<string, Condition> = {}
  for (const result of hosts) {
    const key = JSON.stringify([result.play, result.host])
    const was = before[key]
    if (result.status === 'skipped') {
      if (was !== undefined) next[key] = was
      continue
    }
    const word = conditionOf(result)
    const isSame = was?.word === word
    next[key] = isSame ? was : { word, since: now }
    if (word !== 'ok') (isSame ? still : failed).push(result)
    else if (was !== undefined && was.word !== 'ok') recovered.push({ result, was })
    if (result.status === 'changed') changed.push(result)
  }
  return { changed, failed, recovered, still, next }
}

/** True when nobody has to be told anything. */
export function isSilent({ changed, failed, recovered }: Transitions): boolean {
  return changed.length === 0 && failed.length === 0 && recovered.length === 0
}

const fine: ReadonlySet<Status> = new Set(['ok', 'changed'])

function conditionOf({ status, error, usage }: HostResult): string {
  if (fine.has(status)) return 'ok'
  // A table that went from nearly full to full is news.
  if (status === 'pending' && usage !== undefined) return `pending ${usage.level}`
  return error === null ? status : `${status} ${error.kind}`
}
