import { expect, test } from 'vitest'
import { textStyle } from '../../../src/report/text-style.ts'

test.each([
  ['a terminal', true, {}, true, 132],
  ['a terminal of a user without colour', true, { NO_COLOR: '1' }, false, 132],
  ['NO_COLOR that is set to nothing', true, { NO_COLOR: '' }, true, 132],
  ['a terminal that cannot', true, { TERM: 'dumb' }, false, 132],
  ['a pipe or a file', false, {}, false, Infinity],
])('%s', (_, isTty, env, color, width) => {
  const style = textStyle({ stdout: { isTty, columns: 132 }, env }, { verbose: 1, diff: true })
  expect(style).toEqual({ color, width, verbosity: 1, diff: true })
})
