import { expect, test } from 'vitest'
import { textStyle } from '../../../src/report/text-style.ts'

test.each([
  ['a terminal', { isTty: true, hasColor: true }, { color: true, width: 132 }],
  ['a terminal of a user without colour', { isTty: true, hasColor: false }, { color: false, width: 132 }],
  ['a pipe or a file', { isTty: false, hasColor: false }, { color: false, width: Infinity }],
])('%s', (_, sink, style) => {
  expect(textStyle({ verbose: 1, diff: true }, { ...sink, columns: 132 })).toEqual({
    ...style,
    verbosity: 1,
    diff: true,
  })
})
