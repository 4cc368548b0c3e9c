import { isAtLeast } from './release.ts'

/** The column that 5.15 gave to /proc/net/stat/nf_conntrack together with its limit on chains. */
const cappedColumn = 'chainlength'

/**
 * Does this kernel drop a new connection whose hash chain has grown too long? From 5.15 on it does,
 * without a log line (nf_conntrack_core.c, MIN_CHAINLEN and MAX_CHAINLEN). What the host shows counts
 * for more than its version: distributions backport.
 */
export function capsChains(release: string, statistics: Readonly<Record<string, number>>): boolean {
  return cappedColumn in statistics || isAtLeast(release, '5.15') === true
}

/** INT_MAX / 8, less what rounding up to a page of 64 KiB could add: more is ENOMEM (nf_ct_alloc_hashtable). */
const mostBuckets = 268_427_264

/**
 * The buckets for a table of `max` entries where nobody wishes a number. Each entry stands in the hash
 * twice. One bucket an entry is the kernel's own default from 5.15 on, and what its limit on chains is
 * made for; before, it was one for four.
 */
export function chooseBuckets(max: number, capped: boolean): number {
  return Math.min(mostBuckets, capped ? max : Math.ceil(max / 4))
}
