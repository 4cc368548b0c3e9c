import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { runId, runIdPattern } from '../../../src/record/run-id.ts'

const time = fc.date({ min: new Date('2000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('the id tells the moment in UTC', () => {
  expect(runId(new Date('2026-11-22T20:00:00.500+01:00'), () => 0)).toBe('20261122T190000Z-8000')
  expect(runId(new Date('2026-01-02T03:04:05Z'), () => 0)).toBe('20260102T030405Z-0000')
  expect(runId(new Date('2026-01-02T03:04:05.999Z'), () => 0.999)).toBe('20260102T030405Z-ffff')
})

test('ids have one form and sort by time, to the millisecond', () => {
  fc.assert(
    fc.property(time, time, random, random, (one, other, number, another) => {
      const [first, second] = [runId(one, () => number), runId(other, () => another)]
      expect(first).toMatch(runIdPattern)
      if (one.getTime() !== other.getTime()) expect(first < second).toBe(one < other)
    }),
  )
})

test('two runs of the same millisecond are told apart by chance', () => {
  const now = new Date('2026-01-02T03:04:05.678Z')
  const ids = new Set(Array.from({ length: 100 }, (_, index) => runId(now, () => index / 100)))
  expect(ids.size).toBeGreaterThan(60)
})

test('the ids of one millisecond all come before those of the next', () => {
  for (let millisecond = 0; millisecond < 999; millisecond += 1) {
    const at = (offset: number) => new Date(Date.UTC(2026, 0, 1) + millisecond + offset)
    expect(runId(at(0), () => 0.999_999) < runId(at(1), () => 0)).toBe(true)
  }
})
