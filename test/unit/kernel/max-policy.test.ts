import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HostSize, type MaxPolicy, sizeMax } from '../../../src/kernel/max-policy.ts'
import { bytesForTable } from '../../../src/kernel/memory.ts'
import { presets } from '../../../src/kernel/presets.ts'

const entries = fc.integer({ min: 1, max: 4_000_000 })
const policies: fc.Arbitrary<MaxPolicy> = fc.record(
  {
    atLeast: entries,
    perGib: fc.integer({ min: 1, max: 100_000 }),
    perCore: fc.integer({ min: 1, max: 100_000 }),
    peakTimes: fc.double({ min: 1, max: 10, noNaN: true }),
    atMost: entries,
    memoryAtMost: fc.oneof(
      fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ bytes: entries }),
    ),
    neverLower: fc.boolean(),
  },
  { requiredKeys: ['neverLower'] },
)
const hosts: fc.Arbitrary<HostSize> = fc.record({
  memoryBytes: fc.integer({ min: 2 ** 27, max: 2 ** 40 }),
  cores: fc.integer({ min: 1, max: 256 }),
  peakCount: fc.integer({ min: 0, max: 4_000_000 }),
  max: fc.integer({ min: 1, max: 4_000_000 }),
  entrySize: fc.record({ entryBytes: fc.integer({ min: 192, max: 512 }) }),
})

const maxOf = (policy: MaxPolicy, host: HostSize): number => {
  const sized = sizeMax(policy, host)
  if (!sized.ok) throw new Error(sized.missing)
  return sized.max
}

describe('a policy for max', () => {
  test('is at or above every floor unless a ceiling is in the way, and never above a ceiling', () => {
    fc.assert(
      fc.property(policies, hosts, (policy, host) => {
        const max = maxOf({ ...policy, neverLower: false }, host)
        const floors = [
          policy.atLeast ?? 1,
          ((policy.perGib ?? 0) * (host.memoryBytes ?? 0)) / 2 ** 30,
          (policy.perCore ?? 0) * (host.cores ?? 0),
          (policy.peakTimes ?? 0) * (host.peakCount ?? 0),
        ].map(Math.floor)
        const hasCeiling = policy.atMost !== undefined || policy.memoryAtMost !== undefined
        expect(Number.isInteger(max)).toBe(true)
        if (!hasCeiling) expect(max).toBe(Math.min(Math.max(...floors), 2_147_483_647))
        if (policy.atMost !== undefined) expect(max).toBeLessThanOrEqual(policy.atMost)
        if (policy.memoryAtMost !== undefined && max > 1) {
          const { memoryAtMost } = policy
          const bytes =
            'bytes' in memoryAtMost
              ? memoryAtMost.bytes
              : ((host.memoryBytes ?? 0) * memoryAtMost.percent) / 100
          expect(bytesForTable(max, host.entrySize)).toBeLessThanOrEqual(bytes)
        }
      }),
    )
  })

  test('never lowers a host where it says so, and asks the same of a host that has what it asks', () => {
    fc.assert(
      fc.property(policies, hosts, (policy, host) => {
        const kept = maxOf({ ...policy, neverLower: true }, host)
        expect(kept).toBeGreaterThanOrEqual(host.max ?? 0)
        const max = maxOf(policy, host)
        expect(maxOf(policy, { ...host, max })).toBe(max)
      }),
    )
  })

  test.each([
    [{ perGib: 1, neverLower: false }, { memoryBytes: null }, 'its memory'],
    [{ perCore: 1, neverLower: false }, { cores: null }, 'its number of cores'],
    [{ peakTimes: 2, neverLower: false }, { peakCount: null }, 'its count'],
    [{ atLeast: 1, memoryAtMost: { percent: 5 }, neverLower: false }, { memoryBytes: null }, 'its memory'],
  ] as const)('says what it does not know: %j', (policy, unknown, missing) => {
    const host = { memoryBytes: 2 ** 32, cores: 4, peakCount: 1, max: 1, entrySize: { entryBytes: 256 } }
    expect(sizeMax(policy, { ...host, ...unknown })).toEqual({ ok: false, missing })
  })

  test.each([
    [1, 131_072],
    [4, 131_072],
    [8, 262_144],
    [64, 1_048_576],
  ])('kube-proxy on %i cores asks for %i', (cores, max) => {
    const host = { memoryBytes: 2 ** 36, cores, peakCount: 0, max: 1, entrySize: { entryBytes: 256 } }
    expect(maxOf(presets['kube-proxy'].policy, host)).toBe(max)
  })
})
