import type { HostFacts, UsageFacts } from '../host/facts.ts'
import { fullTableBytes } from '../kernel/memory.ts'
import { type EarlierFacts, lossesSince } from '../plan/symptoms.ts'
import { entrySizeOf } from '../plan/targets.ts'
import { type CountPoint, growthOf, type Growth } from './growth.ts'
import { logTime } from './log-time.ts'

/** What `check` tells of a host. */
export interface Usage {
  /** `critical` and `warning` are over a threshold; `not_known` has no table, or one without a max. */
  readonly level: 'ok' | 'warning' | 'critical' | 'not_known'
  /** Why it is not `ok`. */
  readonly reasons: readonly UsageReason[]
  /** Of max, rounded down. */
  readonly used_percent: number | null
  /** Entries that still have room. */
  readonly free_entries: number | null
  /** Entries a bucket, now and when the table is full. Each entry stands in the hash twice. */
  readonly load_factor: { readonly now: number | null; readonly full: number | null }
  readonly memory: {
    readonly now_bytes: number | null
    readonly full_bytes: number | null
    readonly total_bytes: number | null
    readonly available_bytes: number | null
  }
  readonly lost: {
    readonly since_boot: Losses
    /** Since the last run that saw this boot of the host; null where there is none. */
    readonly since_last: (Losses & { readonly run: string }) | null
  }
  readonly logs: readonly LogEvidence[]
  readonly namespaces: {
    /** How many there are besides the host's own. */
    readonly total: number
    /** Those whose tables were read, the fullest first. */
    readonly tables: readonly NamespaceTable[]
  }
  /** Of a sample of the table; null where it could not be read. */
  readonly established: {
    readonly timeout_seconds: number | null
    readonly sampled: number
    readonly established: number
    /** Idle for more than an hour. */
    readonly idle: number
  } | null
  readonly growth: Growth
}

type UsageReason = 'full' | 'drops' | 'long_chains' | 'namespace_full'

/** By column of /proc/net/stat; null where the kernel does not count it. */
interface Losses {
  readonly drop: number | null
  readonly early_drop: number | null
  readonly insert_failed: number | null
  readonly chainlength: number | null
}

/** Lines of a log that tell of a full table. The kernel writes ten in five seconds at most: evidence, and no count. */
interface LogEvidence {
  readonly source: string
  /** Null where the log may not be read. */
  readonly lines: number | null
  /** ISO 8601; null where the line does not say. */
  readonly first: string | null
  readonly last: string | null
  /** Inodes of the namespaces that lines name, with the number of those lines. */
  readonly namespaces: Readonly<Record<string, number>>
}

interface NamespaceTable {
  readonly inode: string
  readonly pid: number
  readonly command: string
  readonly count: number
  readonly used_percent: number | null
  readonly drop: number
  readonly early_drop: number
}

/** Percent of max from which a table needs somebody. */
export interface Thresholds {
  readonly warnPercent: number
  readonly criticalPercent: number
}

/** What is known of a host from before, and the time that the run began. */
export interface History {
  readonly earlier: EarlierFacts | null
  /** Counts, the oldest first, without the present one. */
  readonly points: readonly CountPoint[]
  readonly nowSeconds: number
}

/** How full the tables of a host are, how they came to it, and whether somebody has to look. */
export function usageOf(facts: HostFacts, history: History, thresholds: Thresholds): Usage {
  const { count, max, hashsize, memoryTotalBytes } = facts
  const more = facts.usage ?? nothing
  const now = count === null ? [] : [{ bootId: facts.bootId, atSeconds: history.nowSeconds, count }]
  const tables = more.namespaces
    .map((table) => ({
      inode: table.inode,
      pid: table.pid,
      command: table.command,
      count: table.count,
      used_percent: percentOf(table.count, max),
      drop: table.drop,
      early_drop: table.earlyDrop,
    }))
    .toSorted((one, other) => other.count - one.count)
  const sinceLast = sinceEarlier(facts, history.earlier)
  const used = percentOf(count, max)
  const bytes = (entries: number | null): number | null =>
    entries === null || hashsize === null ? null : fullTableBytes(entries, hashsize, entrySizeOf(facts))
  return {
    ...urgency(used, tables, sinceLast, thresholds),
    used_percent: used,
    free_entries: count === null || max === null || max === 0 ? null : Math.max(0, max - count),
    load_factor: { now: ratio(count, hashsize), full: max === 0 ? null : ratio(max, hashsize) },
    memory: {
      now_bytes: bytes(count),
      full_bytes: max === 0 ? null : bytes(max),
      total_bytes: memoryTotalBytes,
      available_bytes: more.availableBytes,
    },
    lost: { since_boot: losses(facts, null), since_last: sinceLast },
    logs: more.logs.map(({ source, lines, first, last, namespaces }) => ({
      source,
      lines,
      first: logTime(first, more.clock),
      last: logTime(last, more.clock),
      namespaces: Object.fromEntries(namespaces),
    })),
    namespaces: { total: more.namespaceCount, tables },
    established: more.sample && {
      timeout_seconds: establishedSeconds(facts),
      sampled: more.sample.entries,
      established: more.sample.established,
      idle: more.sample.idle,
    },
    growth: growthOf([...history.points.filter(({ bootId }) => bootId === facts.bootId), ...now], max),
  }
}

const nothing: UsageFacts = {
  availableBytes: null,
  clock: null,
  logs: [],
  namespace: null,
  namespaces: [],
  namespaceCount: 0,
  sample: null,
}

function urgency(
  used: number | null,
  tables: readonly NamespaceTable[],
  since: Usage['lost']['since_last'],
  { warnPercent, criticalPercent }: Thresholds,
): Pick<Usage, 'level' | 'reasons'> {
  const fullest = tables[0]?.used_percent ?? 0
  const isOver = (percent: number): boolean => (used ?? 0) >= percent || fullest >= percent
  const dropped = (since?.drop ?? 0) > 0
  const chained = (since?.chainlength ?? 0) > 0
  const reasons: UsageReason[] = [
    ...((used ?? 0) >= warnPercent ? (['full'] as const) : []),
    ...(dropped ? (['drops'] as const) : []),
    ...(chained ? (['long_chains'] as const) : []),
    ...(fullest >= warnPercent ? (['namespace_full'] as const) : []),
  ]
  if (isOver(criticalPercent) || dropped || chained) return { level: 'critical', reasons }
  if (isOver(warnPercent)) return { level: 'warning', reasons }
  return { level: used === null ? 'not_known' : 'ok', reasons }
}

function sinceEarlier(facts: HostFacts, earlier: EarlierFacts | null): Usage['lost']['since_last'] {
  return earlier === null || earlier.bootId !== facts.bootId
    ? null
    : { run: earlier.run, ...losses(facts, earlier) }
}

function losses(facts: HostFacts, earlier: EarlierFacts | null): Losses {
  const { drop, early_drop, insert_failed, chainlength } = lossesSince(facts, earlier)
  return { drop, early_drop, insert_failed, chainlength }
}

function establishedSeconds({ places }: HostFacts): number | null {
  const place = places.get('net.netfilter.nf_conntrack_tcp_timeout_established')
  return place?.state === 'present' && /^\d{1,10}$/.test(place.value) ? Number(place.value) : null
}

function percentOf(count: number | null, max: number | null): number | null {
  return count === null || max === null || max === 0 ? null : Math.floor((count / max) * 100)
}

function ratio(entries: number | null, buckets: number | null): number | null {
  return entries === null || buckets === null || buckets === 0 ? null : Number((entries / buckets).toFixed(2))
}
