import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { runId, runIdPattern } from '../../../src/record/run-id.ts'

const time = fc.date({ min: new Date('2000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('the id tells the second in UTC', () => {
  expect(runId(new Date('2026-11-22T20:00:00.999+01:00'), () => 0x3f_9c / 0x1_00_00)).toBe(
    '20261122T190000Z-3f9c',
  )
  expect(runId(new Date('2026-01-02T03:04:05Z'), () => 0)).toBe('20260102T030405Z-0000')
})

test('ids have one form and sort by their seconds', () => {
  fc.assert(
    fc.property(time, time, random, (one, other, number) => {
      const [first, second] = [runId(one, () => number), runId(other, () => number)]
      expect(first).toMatch(runIdPattern)
      const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
      expect(first < second).toBe(seconds(one) < seconds(other))
    }),
  )
})
