import { expect, test } from 'vitest'
import { logTime } from '../../../src/usage/log-time.ts'

/** 2026-02-03T10:00:00Z on a host in Seoul, up for a day. */
const clock = {
  epochSeconds: Date.parse('2026-02-03T10:00:00Z') / 1000,
  zoneSeconds: 9 * 3600,
  uptimeSeconds: 86_400,
}
const full = 'nf_conntrack: table full, dropping packet.'

test.each([
  ['syslog, in the zone of the host', `Jan 31 18:41:00 www kernel: ${full}`, '2026-01-31T09:41:00Z'],
  ['syslog, a day of one digit', `Feb  3 18:59:59 www kernel: ${full}`, '2026-02-03T09:59:59Z'],
  ['syslog, of last year', `Jul 31 18:41:00 www kernel: ip_conntrack: ${full}`, '2025-07-31T09:41:00Z'],
  ['rsyslog with a zone', `2026-02-03T18:41:00.123456+09:00 www kernel: ${full}`, '2026-02-03T09:41:00Z'],
  ['the journal', `2026-02-03T09:41:00+0000 www kernel: ${full}`, '2026-02-03T09:41:00Z'],
  ['a date without a zone', `2026-02-03 18:41:00 www kernel: ${full}`, '2026-02-03T09:41:00Z'],
  ['dmesg', `[ 3600.250000] nf_conntrack: ${full}`, '2026-02-02T11:00:00Z'],
  ['dmesg with its level', `<4>[86400.0] ${full}`, '2026-02-03T10:00:00Z'],
])('%s', (_, line, expected) => expect(logTime(line, clock)).toBe(expected))

test.each([
  ['nothing', ''],
  ['no time', full],
  ['a month that is none', `Foo 31 18:41:00 www kernel: ${full}`],
  ['a day that is none', `2026-99-99T99:99:99Z ${full}`],
])('%s tells nothing', (_, line) => expect(logTime(line, clock)).toBeNull())

test('without a clock only what has a date of its own', () => {
  expect(logTime(`[ 3600.25] ${full}`, null)).toBeNull()
  expect(logTime(`Jan 31 18:41:00 www ${full}`, null)).toBeNull()
  expect(logTime(`2026-02-03T09:41:00Z www ${full}`, null)).toBe('2026-02-03T09:41:00Z')
})
