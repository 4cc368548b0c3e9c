import type { HostFacts, Place } from '../../host/facts.ts'
import { isHashsizeOf, roundBuckets } from '../../kernel/hashsize.ts'
import { fullTableBytes } from '../../kernel/memory.ts'
import { tableKeys } from '../../kernel/table-keys.ts'
import { cannotWrite } from '../cannot-write.ts'
import type { Change } from '../change.ts'
import { mergeOutcomes } from '../merge-outcomes.ts'
import type { Rule, RuleOutcome } from '../rule.ts'
import type { SizedWish } from '../size-wish.ts'
import { entrySizeOf, isForeignTable, placeOf, valueBefore } from '../targets.ts'

/**
 * The ceiling and the hash table under it. A raised max comes after its buckets and a lowered one
 * before, so that chains are at no moment longer than before or after: from 5.15 on, a long chain
 * drops new connections without a word (nf_conntrack_core.c, MAX_CHAINLEN).
 */
export const tableSize: Rule = (wish, facts) => {
  const max = maxOutcome(wish, facts)
  const hashsize = hashsizeOutcome(wish, facts)
  const isLowered = wish.max !== undefined && facts.max !== null && wish.max < facts.max
  const ordered = isLowered ? [max, hashsize] : [hashsize, max]
  return mergeOutcomes(ordered)
}

function maxOutcome(wish: SizedWish, facts: HostFacts): RuleOutcome {
  const { max: wished } = wish
  if (wished === undefined) return {}
  const place = placeOf(facts, tableKeys.max)
  if (place.state === 'present' && place.value === String(wished)) return {}
  return (
    cannotWrite('nf_conntrack_max', own(place, facts), facts) ??
    live(place, facts, tableKeys.max, wished, maxReason(wished, wish, facts))
  )
}

function hashsizeOutcome(wish: SizedWish, facts: HostFacts): RuleOutcome {
  const { buckets: wished } = wish
  if (wished === undefined) return {}
  const place = hashsizePlace(facts)
  if (facts.hashsize !== null && isHashsizeOf(facts.hashsize, wished, facts.pageBytes)) return {}
  if (isForLoadOnly(place, facts)) return forLoadOnly(facts.hashsize, wished, wish.persist)
  return (
    cannotWrite('hashsize', own(place, facts), facts) ??
    live(
      place,
      facts,
      tableKeys.hashsize,
      roundBuckets(wished, facts.pageBytes),
      wish.bucketsReason ?? 'so that chains stay short',
    )
  )
}

/** The module's parameter; on 2.6.9 that is read-only, and from 4.8 on the sysctl can be written instead. */
function hashsizePlace(facts: HostFacts): Place {
  const parameter = placeOf(facts, tableKeys.hashsize)
  const buckets = placeOf(facts, tableKeys.buckets)
  const isFixed = parameter.state !== 'present' || !parameter.writable
  return isFixed && buckets.state === 'present' && buckets.writable ? buckets : parameter
}

/** Up to 2.6.9 the parameter is 0400: not even root changes it while the module is loaded (ip_conntrack_core.c). */
function isForLoadOnly(parameter: Place, facts: HostFacts): boolean {
  const max = placeOf(facts, tableKeys.max)
  const isMaxWritable = max.state === 'present' && max.writable
  const isFixed = parameter.state === 'missing' || (parameter.state === 'present' && !parameter.writable)
  return facts.family === 'ip' && facts.uid === 0 && isFixed && isMaxWritable
}

function forLoadOnly(before: number | null, wished: number, persist: boolean): RuleOutcome {
  return {
    findings: [
      {
        code: 'hashsize-at-load-only',
        severity: 'warning',
        message: `the hash keeps its ${before ?? 'unknown number of'} buckets, not ${wished}: this kernel sizes it only when ip_conntrack is loaded`,
        hint: persist
          ? 'It is sized as wished from the next boot on; chains are longer until then.'
          : 'Drop `persist: false` to have it sized so from the next boot on.',
      },
    ],
  }
}

/** In another namespace's table nothing may be written, whatever the file's mode says. */
function own(place: Place, facts: HostFacts): Place {
  return place.state === 'present' && isForeignTable(facts) ? { ...place, writable: false } : place
}

function live(place: Place, facts: HostFacts, key: string, after: number, reason: string): RuleOutcome {
  if (facts.family === 'none') return {}
  if (place.state === 'missing') return {}
  const change: Change = {
    kind: 'live',
    key,
    path: place.path,
    before: valueBefore(place),
    after: String(after),
    reason,
  }
  return { changes: [change] }
}

function maxReason(wished: number, wish: SizedWish, facts: HostFacts): string {
  const { count, max, memoryTotalBytes } = facts
  if (wished === 0) return 'as the play wishes: no limit but the memory'
  const bytes = fullTableBytes(wished, wish.buckets ?? facts.hashsize ?? 0, entrySizeOf(facts))
  const share = memoryTotalBytes === null ? '' : `, ${percent(bytes, memoryTotalBytes)} % of memory`
  return [
    ...(count === null || max === null || max === 0
      ? []
      : [`${count} of ${max} entries in use (${percent(count, max)} %)`]),
    ...(wish.maxReason === undefined ? [] : [wish.maxReason]),
    `full: ${Math.round(bytes / 2 ** 20)} MiB${share}`,
  ].join('; ')
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 100)
}
