/** What the kernel takes for one entry with its share of the buckets. */
export interface EntrySize {
  /** Of the slab object, from the host where it tells. */
  readonly entryBytes: number
}

/**
 * Where a host does not tell: 256 for the slab object of 5.10 to 6.18, up to 384 with accounting,
 * more with NAT or helpers (measured on 6.18; struct nf_conn, nf_conntrack_core.c).
 */
export const cautiousEntrySize: EntrySize = { entryBytes: 400 }

/** One pointer a bucket (nf_conntrack_core.c, nf_ct_alloc_hashtable). */
const bucketBytes = 8

/** What a full table takes of memory that cannot be paged out. */
export function fullTableBytes(maxEntries: number, buckets: number, { entryBytes }: EntrySize): number {
  return maxEntries * entryBytes + buckets * bucketBytes
}

/** The same for a table with a bucket for each entry. */
export function bytesForTable(maxEntries: number, size: EntrySize): number {
  return fullTableBytes(maxEntries, maxEntries, size)
}

/** How many entries, with a bucket for each, fit into `bytes`. */
export function entriesWithin(bytes: number, { entryBytes }: EntrySize): number {
  return Math.floor(bytes / (entryBytes + bucketBytes))
}
