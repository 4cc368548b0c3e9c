import type { HostResult } from './host-result.ts'

/** How full a host's table was as the run found it, and how full the same entries leave it now. */
export interface Headroom {
  readonly host: string
  /** Entries. */
  readonly count: number
  /** Entries; 0 is no limit. */
  readonly maxBefore: number
  /** Entries; of a dry run, what max would become. 0 is no limit. */
  readonly maxAfter: number
  /** Shares of max in use, 0 to 1 and above where there are more entries than max. */
  readonly usedBefore: number
  readonly usedAfter: number
}

/** By host, whichever plays it was in: max as the first of them found it, and as the last one left it. */
export function headroomByHost(hosts: readonly HostResult[]): ReadonlyMap<string, Headroom> {
  const known = new Map<string, Headroom>()
  for (const result of hosts) {
    const now = headroomOf(result)
    if (now === null) continue
    const first = known.get(result.host) ?? now
    known.set(result.host, headroom(now.host, now.count, first.maxBefore, now.maxAfter))
  }
  return known
}

function headroomOf({ host, status, facts, changes }: HostResult): Headroom | null {
  if (facts === null || facts.count === null || facts.max === null) return null
  const change = changes.find(
    ({ kind, key }) => kind === 'live' && /(?:^|\.)(?:nf|ip)_conntrack_max$/.test(key),
  )
  // What a dry run would make of max; after a change the facts are those of the second reading.
  const after = status === 'pending' ? wholeOr(change?.after, facts.max) : facts.max
  return headroom(host, facts.count, wholeOr(change?.before, facts.max), after)
}

function headroom(host: string, count: number, maxBefore: number, maxAfter: number): Headroom {
  const used = (max: number): number => (max === 0 ? 0 : count / max)
  return { host, count, maxBefore, maxAfter, usedBefore: used(maxBefore), usedAfter: used(maxAfter) }
}

function wholeOr(written: string | null | undefined, otherwise: number): number {
  return written !== null && written !== undefined && /^\d{1,15}$/.test(written) ? Number(written) : otherwise
}
