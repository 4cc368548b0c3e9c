/**
 * Bytes an entry takes, extensions included: 256 for the slab object of 5.10 to 6.18, up to 384 with
 * accounting, more with NAT or helpers (measured on 6.18; struct nf_conn, nf_conntrack_core.c).
 */
const entryBytes = 400

/** One pointer a bucket (nf_conntrack_core.c, nf_ct_alloc_hashtable). */
const bucketBytes = 8

/** What a full table takes of memory that cannot be paged out. */
export function fullTableBytes(maxEntries: number, buckets: number): number {
  return maxEntries * entryBytes + buckets * bucketBytes
}
