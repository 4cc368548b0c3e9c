/** Sizes of a pointer and so of a bucket: the kernel's 64-bit and 32-bit forms. */
const pointerBytes = [8, 4] as const

/**
 * The number of buckets the kernel makes of `buckets`: rounded up to whole pages
 * (nf_conntrack_core.c, nf_ct_alloc_hashtable; 512 with 4 KiB pages and 64-bit pointers).
 */
export function roundBuckets(buckets: number, pageBytes: number, bucketBytes: number = 8): number {
  const bucketsPerPage = pageBytes / bucketBytes
  return Math.ceil(buckets / bucketsPerPage) * bucketsPerPage
}

/**
 * Is `actual` what the kernel makes of `wished`? Kernels before 2.6.24 do not round, and a 32-bit one
 * rounds to twice as many, so all three forms count.
 */
export function isHashsizeOf(actual: number, wished: number, pageBytes: number): boolean {
  return actual === wished || pointerBytes.some((bytes) => actual === roundBuckets(wished, pageBytes, bytes))
}
