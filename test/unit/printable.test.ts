import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable } from '../../src/printable.ts'

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('\x1b', '[', ']', '\x07', '\x9b', '\u202e', '\u2066', '\ufeff', '\n', 'm', '3'),
  }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('utf8')),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)

test('nothing that a terminal could obey is left', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const shown = printable(text)
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      expect(Buffer.from(shown).toString()).toBe(shown)
      expect(printable(shown)).toBe(shown)
    }),
  )
})

test('text without such characters is left alone', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', 'ß', '漢', '€', '😀', '\\x1b', '"', '\\') }),
      (text) => {
        expect(printable(text)).toBe(text)
      },
    ),
  )
})

test.for([
  ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
  ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
  ['one\r\n\ttwo', 'one\\r\\n\\ttwo'],
  ['\x9b2J', '\\x9b2J'],
  ['user\u202etxt.exe', 'user\\u202etxt.exe'],
  ['half \ud83d pair', 'half \\ud83d pair'],
  ['\u{e0041}', '\\u{e0041}'],
] as const)('%j is shown as %s', ([text, shown]) => {
  expect(printable(text)).toBe(shown)
})
