import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filterText, fullAddress, mayBeInUse } from '../../../src/kernel/drain-filter.ts'
import { readDrain } from '../../../src/playbook/read-drain.ts'
import { mistakeText } from '../../../src/playbook/reading.ts'

const why = (value: unknown): string => {
  const reading = readDrain(value)
  return reading.ok
    ? 'understood'
    : reading.mistakes.map((one) => `${mistakeText(one)}; ${one.remedy}`).join('\n')
}

test('a filter, or a list of such', () => {
  expect(readDrain({ state: 'TIME_WAIT', port: 80, idle: '1m' })).toEqual({
    ok: true,
    value: [{ protocol: 'tcp', state: 'TIME_WAIT', port: 80, idleSeconds: 60 }],
  })
  expect(
    readDrain([
      { protocol: 'udp', source: '10.0.0.1' },
      { destination: 'fd00::1', protocol: 'tcp' },
    ]),
  ).toEqual({
    ok: true,
    value: [
      { protocol: 'udp', source: '10.0.0.1' },
      { destination: 'fd00::1', protocol: 'tcp' },
    ],
  })
})

describe('what would delete too much, or nothing, is refused', () => {
  test.each<[unknown, string]>([
    [{}, 'would delete the whole table'],
    [{ idle: '1h' }, 'would delete the whole table'],
    [[], 'expected 1 to 16 filters, got 0'],
    [Array.from({ length: 17 }, () => ({ protocol: 'tcp' })), 'expected 1 to 16 filters, got 17'],
    ['tcp', 'expected a filter'],
    [{ protocol: 'tpc' }, 'did you mean tcp?'],
    [{ state: 'TIMEWAIT' }, 'did you mean TIME_WAIT?'],
    [{ protocol: 'udp', state: 'TIME_WAIT' }, 'udp has no state TIME_WAIT'],
    [{ port: 0 }, 'port: '],
    [{ port: '80;reboot' }, 'port: '],
    [{ source: '10.0.0.0/8' }, 'write an address without a mask'],
    [{ source: '10.0.0.256' }, 'expected one IPv4 or IPv6 address'],
    [{ source: '$(reboot)' }, 'expected one IPv4 or IPv6 address'],
    [{ source: 'fd00:::1' }, 'expected one IPv4 or IPv6 address'],
    [{ sorce: '10.0.0.1' }, 'did you mean `source`?'],
    [{ protocol: 'tcp', idle: '1.5h' }, 'idle: '],
  ])('%j', (value, message) => expect(why(value)).toContain(message))
})

test('which filters may fit connections that are in use', () => {
  expect(mayBeInUse({ protocol: 'tcp', state: 'TIME_WAIT' })).toBe(false)
  expect(mayBeInUse({ protocol: 'tcp', state: 'ESTABLISHED', idleSeconds: 3600 })).toBe(false)
  expect(mayBeInUse({ protocol: 'tcp', state: 'ESTABLISHED' })).toBe(true)
  expect(mayBeInUse({ protocol: 'udp', port: 53 })).toBe(true)
  expect(mayBeInUse({ source: '10.0.0.1' })).toBe(true)
})

test('an IPv6 address is written as the kernel prints it, and as the tool does', () => {
  expect(fullAddress('fd00::1')).toBe('fd00:0000:0000:0000:0000:0000:0000:0001')
  expect(fullAddress('::')).toBe(Array(8).fill('0000').join(':'))
  expect(fullAddress('1:2:3:4:5:6:7:8')).toBe('0001:0002:0003:0004:0005:0006:0007:0008')
  expect(filterText({ source: 'FD00::1', port: 53 })).toBe(
    '-|-|53|fd00:0000:0000:0000:0000:0000:0000:0001|fd00::1|-|-|-',
  )
})

test('whatever is understood has nothing in it that a shell or awk would read', () => {
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(text, text, fc.oneof(fc.nat(), fc.string()), (source, state, port) => {
      const reading = readDrain({ source, state, port })
      if (reading.ok) for (const filter of reading.value) expect(filterText(filter)).toMatch(/^[\w|:.-]+$/)
    }),
  )
  fc.assert(fc.property(fc.ipV4(), (source) => readDrain({ source }).ok))
})
