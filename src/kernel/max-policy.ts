import { bytesForTable, entriesWithin, type EntrySize } from './memory.ts'

/** How large the table shall be, for each host by its own size: the largest of the floors, under the ceilings. */
export interface MaxPolicy {
  /** Entries. */
  readonly atLeast?: number
  /** Entries for each GiB of RAM. */
  readonly perGib?: number
  /** Entries for each core. */
  readonly perCore?: number
  /** Times the highest count known for the host. */
  readonly peakTimes?: number
  /** Entries; a ceiling. */
  readonly atMost?: number
  /** A full table, entries and buckets, may take no more; a ceiling. */
  readonly memoryAtMost?: { readonly percent: number } | { readonly bytes: number }
  /** Keep a host that already has more. */
  readonly neverLower: boolean
}

/** What of a host decides. Null: not known. */
export interface HostSize {
  readonly memoryBytes: number | null
  readonly cores: number | null
  /** The highest count ever seen, the present one included. */
  readonly peakCount: number | null
  readonly max: number | null
  readonly entrySize: EntrySize
}

/** The entries a policy comes to, and why; or what is not known of the host. */
export type Sized =
  | { readonly ok: true; readonly max: number; readonly why: string }
  | { readonly ok: false; readonly missing: string }

const gibibyte = 2 ** 30

/** The largest of the floors, under the ceilings; `neverLower` beats both. Whole entries. */
export function sizeMax(policy: MaxPolicy, host: HostSize): Sized {
  const floors: [entries: number, why: string][] = []
  const add = (
    factor: number | undefined,
    size: number | null,
    why: string,
    unknown: string,
  ): string | null => {
    if (factor === undefined) return null
    if (size === null) return unknown
    floors.push([Math.floor(factor * size), why])
    return null
  }
  const gib = host.memoryBytes === null ? null : host.memoryBytes / gibibyte
  const missing =
    add(policy.atLeast, 1, `at_least ${policy.atLeast}`, '') ??
    add(policy.perGib, gib, `per_gib ${policy.perGib}, ${gib?.toFixed(1)} GiB of memory`, 'its memory') ??
    add(
      policy.perCore,
      host.cores,
      `per_core ${policy.perCore}, ${host.cores} cores`,
      'its number of cores',
    ) ??
    add(
      policy.peakTimes,
      host.peakCount,
      `peak_times ${policy.peakTimes}, peak ${host.peakCount}`,
      'its count',
    )
  if (missing !== null) return { ok: false, missing }
  if (policy.memoryAtMost !== undefined && 'percent' in policy.memoryAtMost && host.memoryBytes === null)
    return { ok: false, missing: 'its memory' }

  const [floor, why] = floors.reduce(
    (largest, next) => (next[0] > largest[0] ? next : largest),
    [1, 'the least'],
  )
  const ceilings = ceilingsOf(policy, host)
  const [ceiling, whyCeiling] = ceilings.reduce(
    (least, next) => (next[0] < least[0] ? next : least),
    [2_147_483_647, ''],
  )
  const wished: [number, string] = floor > ceiling ? [Math.max(1, ceiling), whyCeiling] : [floor, why]
  if (policy.neverLower && host.max !== null && host.max > wished[0])
    return { ok: true, max: host.max, why: `never_lower: it has ${host.max} already` }
  return { ok: true, max: wished[0], why: wished[1] }
}

function ceilingsOf({ atMost, memoryAtMost }: MaxPolicy, host: HostSize): readonly [number, string][] {
  const ceilings: [number, string][] = []
  if (atMost !== undefined) ceilings.push([atMost, `at_most ${atMost}`])
  if (memoryAtMost !== undefined) {
    const bytes =
      'bytes' in memoryAtMost ? memoryAtMost.bytes : ((host.memoryBytes ?? 0) * memoryAtMost.percent) / 100
    const mebibytes = Math.round(
      bytesForTable(entriesWithin(bytes, host.entrySize), host.entrySize) / 2 ** 20,
    )
    ceilings.push([entriesWithin(bytes, host.entrySize), `memory_at_most: ${mebibytes} MiB when full`])
  }
  return ceilings
}
