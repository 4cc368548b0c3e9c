import { isHashsizeOf } from '../../kernel/hashsize.ts'
import { refuse } from '../guard.ts'
import type { Rule } from '../rule.ts'

/**
 * Entries from which a resize is felt: all of them are hashed anew with every conntrack lock held and
 * soft interrupts off, 0.5 to 3.4 s a million (measured on 6.1; nf_conntrack_hash_resize).
 */
const manyEntries = 1_000_000

/** Refuses to stop a busy host's network for seconds without being told to. */
export const bigResize: Rule = ({ buckets }, { count, hashsize, pageBytes }, allowed) => {
  if (buckets === undefined || hashsize === null || count === null || count < manyEntries) return {}
  if (isHashsizeOf(hashsize, buckets, pageBytes) || allowed.has('big-resize')) return {}
  return refuse(
    'big-resize',
    `resizing the hash with ${count} entries in it stops the host's network for some seconds`,
    'Do it when there are fewer connections, or with the next reboot',
  )
}
