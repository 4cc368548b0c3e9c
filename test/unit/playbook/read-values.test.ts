import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findTunable } from '../../../src/kernel/tunables.ts'
import type { Tunable } from '../../../src/kernel/tunable.ts'
import { readBoolean } from '../../../src/playbook/read-boolean.ts'
import { readHashsize } from '../../../src/playbook/read-hashsize.ts'
import { readMax } from '../../../src/playbook/read-max.ts'
import { readSysctlValue } from '../../../src/playbook/read-sysctl-value.ts'
import { tunableReader } from '../../../src/playbook/read-tunable.ts'

function tunable(name: string): Tunable {
  const found = findTunable(`net.netfilter.${name}`)
  if (found === undefined) throw new Error(`no ${name} in the table`)
  return found
}

const max = tunable('nf_conntrack_max')
const buckets = tunable('nf_conntrack_buckets')
const udp = tunableReader(tunable('nf_conntrack_udp_timeout'))
const loose = tunableReader(tunable('nf_conntrack_tcp_loose'))
const logInvalid = tunableReader(tunable('nf_conntrack_log_invalid'))

describe('max', () => {
  test.each([1, 262_144, 2_147_483_647])('%d is taken', (entries) => {
    expect(readMax(entries, max)).toEqual({ ok: true, value: entries })
    expect(readMax(String(entries), max)).toEqual({ ok: true, value: entries })
  })

  test.each([-1, 2_147_483_648, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 10n ** 20n, true, null, [], {}])(
    '%s is refused',
    (value) => expect(readMax(value, max).ok).toBe(false),
  )

  test.each([
    ['010000', 'write 10000, or 4096 if octal was meant'],
    ['009', 'write 9'],
    ['1_000_000', 'write 1000000'],
    ['262,144', 'write 262144'],
    ['262 144', 'write 262144'],
    ['64k', 'write 65536 or 64000, whichever is meant'],
    ['1 MiB', 'write 1048576 or 1000000, whichever is meant'],
    ['0x10000', 'write 65536'],
    ['0o17', 'write 15'],
    ['1e6', 'write 1000000'],
    ['+5', 'write 5'],
    ['65536.0', 'write 65536'],
    ['\u{201c}65535\u{201d}', 'write 65535 without them'],
    ['many', 'write a whole number of entries, in digits only'],
  ])('%s: %s', (text, remedy) =>
    expect(readMax(text, max)).toMatchObject({ ok: false, mistakes: [{ remedy }] }),
  )

  test('no limit is for a guard to judge, but no floor or ceiling of a policy', () => {
    expect(readMax(0, max)).toEqual({ ok: true, value: 0 })
    expect(readMax({ at_least: 0 }, max)).toMatchObject({
      ok: false,
      mistakes: [{ path: ['at_least'], what: expect.stringMatching(/no limit.*6\.19/) }],
    })
  })
})

describe('hashsize', () => {
  test.each([
    [65_536, { kind: 'buckets', buckets: 65_536 }],
    ['65536', { kind: 'buckets', buckets: 65_536 }],
    ['max / 4', { kind: 'max_divided_by', divisor: 4 }],
    ['max/1', { kind: 'max_divided_by', divisor: 1 }],
  ])('%s', (value, expected) => expect(readHashsize(value, buckets)).toEqual({ ok: true, value: expected }))

  test.each(['max', 'max / 0', 'max / -1', 'max / 1.5', 'max * 2', 'MAX / 4', 0, 2 ** 32, 'max / 4 / 2', {}])(
    '%s is refused',
    (value) => expect(readHashsize(value, buckets).ok).toBe(false),
  )
})

describe('timeouts and options', () => {
  test.each([
    [30, '30'],
    ['30', '30'],
    ['90s', '90'],
    ['1h30m', '5400'],
    [2_147_483, '2147483'],
  ])('udp: %s', (value, text) => expect(udp(value)).toEqual({ ok: true, value: text }))

  test.each([0, -1, 2.5, '0s', '2147484s', 2_147_484, '1.5h', 'soon', true, null, [30]])(
    'udp: %s is refused',
    (value) => expect(udp(value).ok).toBe(false),
  )

  test.each([
    [true, '1'],
    [false, '0'],
    ['yes', '1'],
    ['Off', '0'],
    [1, '1'],
    ['0', '0'],
  ])('tcp_loose: %s', (value, text) => expect(loose(value)).toEqual({ ok: true, value: text }))

  test.each([2, 'maybe', null, '01'])('tcp_loose: %s is refused', (value) =>
    expect(loose(value).ok).toBe(false),
  )

  test('a number has its own range', () => {
    expect(logInvalid(255)).toEqual({ ok: true, value: '255' })
    expect(logInvalid(256).ok).toBe(false)
    expect(logInvalid(true).ok).toBe(false)
  })
})

describe('booleans', () => {
  test.each(['yes', 'Yes', 'YES', 'on', 'On', 'true', 'True', true])('%s', (value) =>
    expect(readBoolean(value)).toEqual({ ok: true, value: true }),
  )
  test.each(['no', 'off', 'OFF', 'False', false])('%s', (value) =>
    expect(readBoolean(value)).toEqual({ ok: true, value: false }),
  )
  test.each(['yEs', 'y', '1', 1, 0, null, '', 'ja'])('%s is none', (value) =>
    expect(readBoolean(value).ok).toBe(false),
  )
})

describe('values of other sysctls', () => {
  test.each([
    [true, '1'],
    [false, '0'],
    [30, '30'],
    [-1, '-1'],
    [12_345_678_901_234_567_890n, '12345678901234567890'],
    ['4096  87380\t6291456', '4096 87380 6291456'],
    [' fq ', 'fq'],
    ['8080,9000-9100', '8080,9000-9100'],
    ['|/usr/lib/systemd/systemd-coredump %P', '|/usr/lib/systemd/systemd-coredump %P'],
  ])('%s', (value, text) => expect(readSysctlValue(value)).toEqual({ ok: true, value: text }))

  test.each([
    '',
    ' ',
    '1\n2',
    '1\0',
    '\u{1b}[31m',
    '010',
    '1 010 3',
    '0x10',
    '1e3',
    '1_000',
    '+5',
    'zürich',
    'x'.repeat(1025),
    1e21,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null,
    [1],
    {},
  ])('%j is refused', (value) => expect(readSysctlValue(value).ok).toBe(false))

  test('what is taken is one line of printable ASCII, squeezed, and taken again as it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer(), fc.double()),
        (value) => {
          const reading = readSysctlValue(value)
          if (!reading.ok) {
            expect(reading.mistakes[0]?.what).toMatch(/./)
            return
          }
          expect(reading.value).toMatch(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/)
          expect(readSysctlValue(reading.value)).toEqual(reading)
        },
      ),
    )
  })
})
