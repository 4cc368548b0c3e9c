import type { HostFacts } from '../host/facts.ts'
import { capsChains, chooseBuckets } from '../kernel/chains.ts'
import { sizeMax } from '../kernel/max-policy.ts'
import type { Wish } from '../playbook/wish.ts'
import type { Finding } from './change.ts'
import { entrySizeOf } from './targets.ts'

/** A wish with its numbers worked out for one host. */
export interface SizedWish extends Omit<Wish, 'max' | 'hashsize'> {
  /** Entries. */
  readonly max?: number
  /** Why just so many, where a policy chose; for people. */
  readonly maxReason?: string
  /** Before the kernel rounds; absent: leave the hash as it is. */
  readonly buckets?: number
  readonly bucketsReason?: string
  /** Set where a policy cannot be worked out: the host then gets nothing of the wish. */
  readonly unsized?: Finding
  /** How many entries fitted each filter of the drain at first: fewer afterwards is what was wished. */
  readonly drainedFrom?: readonly number[]
}

/**
 * Works out the numbers: a policy by the host's size, `max / 4` by the max, and buckets where nobody
 * wished any but the max grows. Done once a host: what is verified afterwards are the same numbers.
 */
export function sizeWish(
  { max: wishedMax, hashsize, ...rest }: Wish,
  facts: HostFacts,
  peakCount: number | null,
): SizedWish {
  const sized = typeof wishedMax === 'object' ? sizeMax(wishedMax, sizeOf(facts, peakCount)) : undefined
  if (sized?.ok === false) return { ...rest, unsized: unsized(sized.missing) }
  const max = sized?.max ?? (typeof wishedMax === 'number' ? wishedMax : undefined)
  return {
    ...rest,
    ...(max === undefined ? {} : { max }),
    ...(sized === undefined ? {} : { maxReason: sized.why }),
    ...buckets(max, hashsize, facts),
    ...(facts.drain === undefined ? {} : { drainedFrom: facts.drain.matched }),
  }
}

function unsized(missing: string): Finding {
  return {
    code: 'size-unknown',
    severity: 'error',
    message: `the policy for max needs to know ${missing}, which this host does not tell`,
    hint: 'Give this host a number: max: "{{ conntrack_max }}", and the variable in the inventory.',
  }
}

function buckets(
  max: number | undefined,
  hashsize: Wish['hashsize'],
  facts: HostFacts,
): Pick<SizedWish, 'buckets' | 'bucketsReason'> {
  if (hashsize?.kind === 'buckets') return { buckets: hashsize.buckets }
  const entries = max ?? facts.max
  // Without a limit there is nothing to divide, and no hash that would be large enough.
  if (entries === 0) return {}
  if (hashsize !== undefined)
    return entries === null ? {} : { buckets: Math.max(1, Math.ceil(entries / hashsize.divisor)) }
  if (max === undefined) return {}
  const capped = capsChains(facts.kernel, facts.statistics)
  const chosen = chooseBuckets(max, capped)
  if (facts.hashsize !== null && facts.hashsize >= chosen) return {}
  return {
    buckets: chosen,
    bucketsReason: capped
      ? 'a bucket an entry: this kernel drops connections whose chain grows too long'
      : 'a bucket for four entries keeps chains short',
  }
}

function sizeOf(facts: HostFacts, peakCount: number | null) {
  const counts = [peakCount, facts.count].filter((count) => count !== null)
  return {
    memoryBytes: facts.memoryTotalBytes,
    cores: facts.cores,
    peakCount: counts.length === 0 ? null : Math.max(...counts),
    max: facts.max,
    entrySize: entrySizeOf(facts),
  }
}
