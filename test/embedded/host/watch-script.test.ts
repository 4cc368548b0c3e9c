import { describe, expect, test } from 'vitest'
import { parseTableSample } from '../../../src/host/table-sample.ts'
import { watchScriptContract } from './watch-script.ts'

describe('sh', () => watchScriptContract(['sh']))

test('an answer that makes no sense is none', () => {
  for (const answer of ['', '1 2 3\n', 'x 5 0 0 0 0\n', '- - - - - -\n', '1e9 5 0 0 0 0\n', '-1 5 0 0 0 0\n'])
    expect(parseTableSample(answer)).toBeUndefined()
  // A 32-bit shell's counter that wrapped around is not known.
  expect(parseTableSample('1 2 -5 0 0 0\n')).toMatchObject({ count: 1, drop: null })
})
