import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/problem.ts'
import { calendarLines } from '../../../src/schedule/calendar-lines.ts'
import { parseCronTime } from '../../../src/schedule/cron-time.ts'
import { readWhen } from '../../../src/schedule/when.ts'

describe('what an operator says, as cron has it', () => {
  test.each([
    [{ every: '15m' }, '*/15 * * * *'],
    [{ every: '1m' }, '* * * * *'],
    [{ every: '1h' }, '0 * * * *'],
    [{ every: '6h' }, '0 */6 * * *'],
    [{ every: '24h' }, '0 0 * * *'],
    [{ every: '7d' }, '0 0 * * 0'],
    [{ at: '03:30' }, '30 3 * * *'],
    [{ at: 'Sunday 4:05' }, '5 4 * * 0'],
    [{ when: ' 5  4 1-7 jan,jul  MON ' }, '5 4 1-7 jan,jul MON'],
    [{ when: '@daily' }, '0 0 * * *'],
  ])('%j is %s', (wanted, fields) => {
    expect(readWhen(wanted).text).toBe(fields)
  })

  test.each([
    { every: '45m' },
    { every: '7h' },
    { every: '90s' },
    { every: 'often' },
    { at: '24:00' },
    { at: 'Xyz 03:30' },
    { when: '60 * * * *' },
    { when: '* * 0 * *' },
    { when: '5-1 * * * *' },
    { when: '*/0 * * * *' },
    { when: '5/15 * * * *' },
    { when: '* * * *' },
    { when: '@reboot' },
    { when: '* * * * *\n* * * * * root rm' },
    {},
    { every: '15m', at: '03:30' },
  ])('%j is refused', (wanted) => {
    expect(() => readWhen(wanted)).toThrow(UsageError)
  })
})

test.each([
  ['*/15 * * * *', ['*-*-* *:00/15:00']],
  ['* * * * *', ['*-*-* *:*:00']],
  ['30 3 * * *', ['*-*-* 03:30:00']],
  ['0 9-17 * * 1-5', ['Mon,Tue,Wed,Thu,Fri *-*-* 09..17:00:00']],
  ['0 0 * * 0-7', ['*-*-* 00:00:00']],
  ['0 0 * * 5-7', ['Sun,Fri,Sat *-*-* 00:00:00']],
  ['7-59/20 0 1 */3 *', ['*-01/3-01 00:07/20:00']],
  ['0,1 0 * * *', ['*-*-* 00:00,01:00']],
  // Either day, as cron has it.
  ['0 6 1 * mon', ['*-*-01 06:00:00', 'Mon *-*-* 06:00:00']],
  // Both, where one of them begins with a star.
  ['0 6 */2 * mon', ['Mon *-*-01/2 06:00:00']],
])('%s is %j for systemd', (fields, lines) => {
  expect(calendarLines(parseCronTime(fields))).toEqual(lines)
})
