import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CountPoint, growthOf } from '../../../src/usage/growth.ts'

const noon = Date.parse('2026-11-26T12:00:00Z') / 1000

/** Readings every ten minutes until noon. */
function everyTenMinutes(counts: readonly number[]): readonly CountPoint[] {
  return counts.map((count, index) => ({
    bootId: 'b',
    count,
    atSeconds: noon - (counts.length - 1 - index) * 600,
  }))
}

test('steady growth is told with its basis, and when the table will be full', () => {
  const growth = growthOf(everyTenMinutes([1000, 1100, 1200, 1300, 1400, 1500]), 2500)
  expect(growth).toEqual({
    points: 6,
    span_seconds: 3000,
    entries_per_hour: 600,
    full_in_seconds: 6000,
    full_at: '2026-11-26T13:40:00Z',
    why: '',
  })
})

test('one odd reading does not move it', () => {
  const growth = growthOf(everyTenMinutes([1000, 1100, 9000, 1300, 1400, 1500, 1600]), 3000)
  expect(growth.entries_per_hour).toBe(600)
})

test.each([
  ['one reading', [5000], 'too little to go by: 1 reading since the host was started, over 0 s'],
  ['three readings', [1, 2, 3], 'too little to go by: 3 readings since the host was started, over 20 min'],
  ['a table that empties', [900, 800, 700, 600, 500, 400], 'not growing'],
  ['a table that stands', [900, 900, 900, 900, 900, 900], 'not growing'],
  ['a wave', [100, 900, 120, 850, 140, 820, 160, 790, 180], 'up and down: no steady growth'],
  ['a full one', [500, 600, 700, 800, 900, 1000], 'full now'],
])('no forecast for %s', (_, counts, why) => {
  const growth = growthOf(everyTenMinutes(counts), 1000)
  expect(growth).toMatchObject({ full_at: null, full_in_seconds: null })
  expect(growth.why).toContain(why)
})

test('five readings within seconds are too little', () => {
  const points = [1, 2, 3, 4, 5].map((count) => ({ bootId: 'b', count, atSeconds: noon + count }))
  expect(growthOf(points, 1000).why).toContain('too little to go by')
})

test('what lies further away than the record reaches is no forecast', () => {
  const growth = growthOf(everyTenMinutes([1000, 1001, 1002, 1003, 1004, 1005]), 65_536)
  expect(growth).toMatchObject({ entries_per_hour: 6, full_at: null })
  expect(growth.why).toBe('at this pace not within 10 times the 50 min looked back on')
})

test('no max, no end', () => {
  expect(growthOf(everyTenMinutes([1, 2, 3, 4, 5, 6]), null).why).toBe('there is no max to reach')
  expect(growthOf(everyTenMinutes([1, 2, 3, 4, 5, 6]), 0).why).toBe('there is no max to reach')
})

test('whatever was read, a forecast lies ahead, within reach, and a line through it reaches max', () => {
  const counts = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 120 })
  fc.assert(
    fc.property(counts, fc.nat(200_000), (read, max) => {
      const points = everyTenMinutes(read)
      const {
        full_in_seconds: seconds,
        entries_per_hour: rate,
        span_seconds: span,
        why,
      } = growthOf(points, max)
      if (seconds === null) return why !== ''
      const now = read.at(-1) ?? 0
      return (
        seconds > 0 &&
        seconds <= span * 10 &&
        now < max &&
        // What rounding to whole seconds and whole entries an hour may cost.
        Math.abs(now + ((rate ?? 0) * seconds) / 3600 - max) <= (seconds + (rate ?? 0)) / 3600 + 1
      )
    }),
  )
})
