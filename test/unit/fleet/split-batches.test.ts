import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitBatches } from '../../../src/fleet/split-batches.ts'
import type { BatchSize } from '../../../src/playbook/rollout.ts'

function sizesOf(hosts: number, sizes: readonly BatchSize[] | null): readonly number[] {
  return splitBatches(Array.from({ length: hosts }), sizes).map(({ length }) => length)
}
const hosts = (amount: number): BatchSize => ({ unit: 'hosts', amount })
const percent = (amount: number): BatchSize => ({ unit: 'percent', amount })

test.each<[number, readonly BatchSize[] | null, readonly number[]]>([
  [10, null, [10]],
  [0, null, []],
  [0, [hosts(5)], []],
  [10, [hosts(4)], [4, 4, 2]],
  [200, [hosts(1), percent(10), percent(100)], [1, 20, 179]],
  [3, [percent(10)], [1, 1, 1]],
  [7, [percent(30)], [2, 2, 2, 1]],
  [5, [hosts(1), hosts(100)], [1, 4]],
])('%i hosts in batches of %j', (count, sizes, expected) => {
  expect(sizesOf(count, sizes)).toEqual(expected)
})

test('every host is in one batch, in order, and no batch is empty', () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 50 }).map(hosts),
    fc.double({ min: 0.01, max: 100, noNaN: true }).map(percent),
  )
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.array(size, { minLength: 1, maxLength: 4 }), (items, sizes) => {
      const batches = splitBatches(items, sizes)
      expect(batches.flat()).toEqual(items)
      expect(batches.every(({ length }) => length > 0)).toBe(true)
    }),
  )
})
