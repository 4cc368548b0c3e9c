import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Host } from '../../../src/inventory/inventory.ts'
import { hostsInShard, readShard } from '../../../src/inventory/shard.ts'

const hostsOf = (names: readonly string[]): readonly Host[] =>
  names.map((name) => ({ name }) as unknown as Host)
const namesIn = (names: readonly string[], number: number, of: number): readonly string[] =>
  hostsInShard(hostsOf(names), { number, of }).map(({ name }) => name)

test('every host is in exactly one part, whatever other hosts there are', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 })
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 9 }), (all, of) => {
      const parts = Array.from({ length: of }, (_, index) => namesIn(all, index + 1, of))
      expect(parts.flat().toSorted()).toEqual([...all].toSorted())
      for (const [index, part] of parts.entries())
        for (const name of part) expect(namesIn([name], index + 1, of)).toEqual([name])
    }),
  )
})

test('parts of a large fleet are about equal, and stay what they are from version to version', () => {
  const fleet = Array.from({ length: 10_000 }, (_, index) => `web${index}.example.net`)
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => namesIn(fleet, number, 8).length)
  expect(Math.min(...sizes)).toBeGreaterThan(1150)
  expect(Math.max(...sizes)).toBeLessThan(1350)
  expect(namesIn(['web01', 'web02', 'web03', 'db01', 'db02'], 1, 3)).toMatchInlineSnapshot(`
    [
      "web01",
      "db02",
    ]
  `)
})

test.each(['0/3', '4/3', '1/0', '1', '/2', '1/2/3', '-1/2', '1.5/2', '', '1/1000000'])(
  '%s is no part of a whole',
  (written) => expect(readShard(written)).toBeNull(),
)

test('3/8 is the third of eight', () => expect(readShard('3/8')).toEqual({ number: 3, of: 8 }))
