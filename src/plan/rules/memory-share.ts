import { cautiousEntrySize, fullTableBytes } from '../../kernel/memory.ts'
import { refuse } from '../guard.ts'
import type { GuardName, Rule, RuleOutcome } from '../rule.ts'
import { entrySizeOf } from '../targets.ts'

/** Of RAM. The table cannot be paged out, and whoever fills it from outside chooses when it is full. */
const largestShare = 0.25

/** Refuses a table that, once full, could take the host's memory from what the host is there for. */
export const memoryShare: Rule = ({ max, buckets }, facts, allowed) => {
  const { memoryTotalBytes: memory, max: before } = facts
  if (memory === null) return {}
  if (max === undefined || (before !== null && max <= before))
    return bucketShare(buckets ?? 0, facts.hashsize ?? 0, memory, allowed)
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

/** Buckets are taken at once, entries only as the table fills. */
function bucketShare(
  buckets: number,
  before: number,
  memory: number,
  allowed: ReadonlySet<GuardName>,
): RuleOutcome {
  const bytes = fullTableBytes(0, buckets, cautiousEntrySize)
  if (buckets <= before || bytes <= memory * largestShare || allowed.has('memory-share')) return {}
  const [hash, all] = [bytes, memory].map((amount) => Math.round(amount / 2 ** 20))
  return refuse(
    'memory-share',
    `${buckets} buckets take ${hash} MiB of ${all} MiB at once, ${Math.round((bytes / memory) * 100)} % of the memory`,
    'Wish fewer buckets; one for each entry is plenty',
  )
}
