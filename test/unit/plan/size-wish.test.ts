import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HostFacts } from '../../../src/host/facts.ts'
import { capsChains } from '../../../src/kernel/chains.ts'
import { roundBuckets } from '../../../src/kernel/hashsize.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import { hostNames, readHostCase } from '../../cases/read-host-case.ts'

const defaults = { play: 'test', sysctls: [], persist: true, conflicts: 'report', module: 'leave' } as const
const hosts = hostNames.map((name) => readHostCase(name).facts)
const anyHost = fc.constantFrom(...hosts)
const anyMax = fc.integer({ min: 1, max: 2_147_483_647 })

/** INT_MAX / 8 (nf_ct_alloc_hashtable). */
const mostBuckets = 268_435_455

function sized(facts: HostFacts, max: number): number {
  return sizeWish({ ...defaults, max }, facts, null).buckets ?? facts.hashsize ?? 0
}

describe('buckets where nobody wishes any', () => {
  test('keep chains as short as the kernel of the host needs them, up to its limit', () => {
    fc.assert(
      fc.property(anyHost, anyMax, (facts, max) => {
        const buckets = sized(facts, max)
        expect(roundBuckets(buckets, 65_536)).toBeLessThanOrEqual(mostBuckets)
        const entriesEach = capsChains(facts.kernel, facts.statistics) ? 1 : 4
        if (max < 200_000_000) expect(max / buckets).toBeLessThanOrEqual(entriesEach)
      }),
    )
  })

  test('never shrink a hash, and ask for nothing once it is so', () => {
    fc.assert(
      fc.property(anyHost, anyMax, (facts, max) => {
        const buckets = sized(facts, max)
        expect(buckets).toBeGreaterThanOrEqual(facts.hashsize ?? 0)
        const after = { ...facts, hashsize: roundBuckets(buckets, facts.pageBytes) }
        expect(sizeWish({ ...defaults, max }, after, null).buckets).toBeUndefined()
      }),
    )
  })

  test('one an entry where the host shows the limit on chains, whatever its version', () => {
    const { facts } = readHostCase('rhel9-5.14')
    expect(sizeWish({ ...defaults, max: 1_000_000 }, facts, null).buckets).toBe(1_000_000)
    const silent = { ...facts, statistics: {} }
    expect(sizeWish({ ...defaults, max: 2_000_000 }, silent, null).buckets).toBe(500_000)
  })
})
