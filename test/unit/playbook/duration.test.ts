import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, guessDuration, parseDuration } from '../../../src/playbook/duration.ts'

describe('durations', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['5d', 432_000],
    ['1h30m', 5400],
    ['2h4m', 7440],
    ['1d1h1m1s', 90_061],
    ['0s', 0],
    ['120m', 7200],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  test.each(['', '30', 's', '1m1h', '1h1h', '1.5h', '5M', ' 5m', '5m ', '5 m', '-5m', '1w', '500ms', '5m\n'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  test('whole seconds come back as they were', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds)
      }),
    )
  })

  test('what is parsed is read back from its shortest form', () => {
    const amount = fc.option(fc.nat({ max: 500 }), { nil: undefined })
    fc.assert(
      fc.property(amount, amount, amount, amount, (...amounts) => {
        const text = amounts
          .map((count, index) => (count === undefined ? '' : `${count}${'dhms'[index]}`))
          .join('')
        fc.pre(text !== '')
        const [days = 0, hours = 0, minutes = 0, seconds = 0] = amounts
        const total = days * 86_400 + hours * 3600 + minutes * 60 + seconds
        expect(parseDuration(text)).toBe(total)
        expect(parseDuration(formatDuration(total))).toBe(total)
      }),
    )
  })

  test.each([
    ['1.5h', 5400],
    ['2 minutes', 120],
    ['1 hour and 30 mins', 5400],
    ['1w', 604_800],
    ['30S', 30],
    ['2000ms', 2],
    ['1h 30m', 5400],
  ])('%s is guessed', (text, seconds) => expect(guessDuration(text)).toBe(seconds))

  test.each(['soon', '1:30', '500ms', '', '5 parsecs', '0s'])('nobody can tell what %j means', (text) =>
    expect(guessDuration(text)).toBeUndefined(),
  )
})
