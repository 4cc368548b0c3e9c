import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldTexts } from '../../../src/report/fold-texts.ts'

test.each([
  [['65536'], '65536'],
  [['65536', '131072', '65536'], '65536..131072'],
  [['9', '10'], '9..10'],
  [
    ['1204 of 65536 entries (2 %)', '61204 of 65536 entries (93 %)'],
    '1204..61204 of 65536 entries (2..93 %)',
  ],
  [['4096 87380', '4096 16384'], '4096 16384..87380'],
  [['on', 'off'], null],
  [['1', '1 2'], null],
  [['a1', '1a'], null],
  [[], null],
])('%j -> %j', (texts, folded) => {
  expect(foldTexts(texts)).toBe(folded)
})

test('the fold of numbers is their lowest and highest, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (numbers) => {
      const [lowest, highest] = [Math.min(...numbers), Math.max(...numbers)]
      const folded = lowest === highest ? `${lowest} entries` : `${lowest}..${highest} entries`
      expect(foldTexts(numbers.map((number) => `${number} entries`))).toBe(folded)
    }),
  )
})
