import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TableSample } from '../../../src/host/table-sample.ts'
import { SampleHistory } from '../../../src/watch/sample-history.ts'

function sample(count: number, rest: Partial<TableSample> = {}): TableSample {
  return { count, max: 65_536, drop: 0, earlyDrop: 0, insertFailed: 0, chainlength: null, ...rest }
}

function historyOf(samples: readonly TableSample[], everySeconds = 2): SampleHistory {
  const history = new SampleHistory()
  for (const [index, one] of samples.entries()) history.add(one, 100 + index * everySeconds)
  return history
}

test('nothing is known before the first look, and no rate before the second', () => {
  expect(new SampleHistory().trend()).toBeNull()
  expect(historyOf([sample(16_384)]).trend()).toMatchObject({
    used: 0.25,
    entriesPerSecond: null,
    dropsPerSecond: null,
    fullInSeconds: null,
  })
})

test('rates are over the last two looks', () => {
  const trend = historyOf([sample(0), sample(100, { drop: 1 }), sample(160, { drop: 7 })]).trend()
  expect(trend).toMatchObject({ entriesPerSecond: 30, dropsPerSecond: 3 })
})

test('a table that grows is full when its line says so', () => {
  const growing = Array.from({ length: 10 }, (_, index) => sample(60_000 + index * 20))
  // (65,536 - 60,180) entries at 10 a second.
  expect(historyOf(growing).trend()?.fullInSeconds).toBeCloseTo(535.6, 1)
  expect(historyOf([...growing.slice(0, 8), sample(65_536), sample(65_536)]).trend()?.fullInSeconds).toBe(0)
})

test('noise, a table that shrinks, and one without limit are no forecast', () => {
  const noise = Array.from({ length: 50 }, (_, index) => sample(30_000 + ((index * 7919) % 400)))
  expect(historyOf(noise).trend()?.fullInSeconds).toBeNull()
  const falling = Array.from({ length: 10 }, (_, index) => sample(60_000 - index))
  expect(historyOf(falling).trend()?.fullInSeconds).toBeNull()
  const unlimited = Array.from({ length: 10 }, (_, index) => sample(1000 * index, { max: 0 }))
  expect(historyOf(unlimited).trend()).toMatchObject({ used: 0, fullInSeconds: null })
})

test('a host that started again begins anew', () => {
  const history = historyOf([sample(60_000, { drop: 900 }), sample(60_000, { drop: 950 })])
  history.add(sample(10, { drop: 0 }), 200)
  expect(history.counts()).toEqual([10])
  expect(history.trend()).toMatchObject({ dropsPerSecond: null })
})

test('memory is bounded, and no figure is ever not a number', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(70_000), { minLength: 1, maxLength: 400 }), (counts) => {
      const history = historyOf(counts.map((count) => sample(count)))
      expect(history.counts().length).toBeLessThanOrEqual(150)
      for (const value of Object.values(history.trend() ?? {}))
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
    }),
  )
})
