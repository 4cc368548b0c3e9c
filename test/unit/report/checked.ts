import type { HostResult } from '../../../src/report/host-result.ts'
import type { Usage } from '../../../src/usage/usage.ts'
import { madeUpHost } from './made-up.ts'

const noGrowth = {
  points: 1,
  span_seconds: 0,
  entries_per_hour: null,
  full_at: null,
  full_in_seconds: null,
  why: 'too little to go by',
}
export const nothingLost = { drop: 0, early_drop: 0, insert_failed: 0, chainlength: 0 }

/** A host that `check` has read, of 65536 entries at most. */
export function checked(
  host: string,
  level: Usage['level'],
  count: number,
  rest: Partial<Usage> = {},
): HostResult {
  const usage: Usage = {
    level,
    reasons: level === 'ok' ? [] : ['full'],
    used_percent: Math.floor((count / 65_536) * 100),
    free_entries: 65_536 - count,
    load_factor: { now: 0.1, full: 4 },
    memory: { now_bytes: count * 256, full_bytes: 2 ** 24, total_bytes: 2 ** 32, available_bytes: 2 ** 31 },
    lost: { since_boot: nothingLost, since_last: null },
    logs: [],
    namespaces: { total: 0, tables: [] },
    established: null,
    growth: noGrowth,
    ...rest,
  }
  const facts = { kernel: '6.1.0', count, max: 65_536, hashsize: 16_384, memory_bytes: 2 ** 24 }
  return madeUpHost(host, level === 'ok' ? 'ok' : 'pending', { play: 'all', facts, usage })
}
