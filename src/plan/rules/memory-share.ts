import { fullTableBytes } from '../../kernel/memory.ts'
import { refuse } from '../guard.ts'
import type { Rule } from '../rule.ts'
import { entrySizeOf } from '../targets.ts'

/** Of RAM. The table cannot be paged out, and whoever fills it from outside chooses when it is full. */
const largestShare = 0.25

/** Refuses a table that, once full, could take the host's memory from what the host is there for. */
export const memoryShare: Rule = ({ max, buckets }, facts, allowed) => {
  const { memoryTotalBytes: memory, max: before } = facts
  if (max === undefined || memory === null || (before !== null && max <= before)) return {}
  const bytes = fullTableBytes(max, buckets ?? facts.hashsize ?? 0, entrySizeOf(facts))
  if (bytes <= memory * largestShare || allowed.has('memory-share')) return {}
  const [table, all] = [bytes, memory].map((amount) => Math.round(amount / 2 ** 20))
  const percent = Math.round((bytes / memory) * 100)
  return refuse(
    'memory-share',
    `a full table of ${max} entries takes ${table} MiB of ${all} MiB, ${percent} % of the memory`,
    'Wish fewer entries, or a policy with memory_at_most',
  )
}
