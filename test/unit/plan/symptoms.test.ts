import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HostFacts } from '../../../src/host/facts.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { findSymptoms } from '../../../src/plan/symptoms.ts'

const answer = readFileSync(
  'test/cases/plan/raises-max-after-hashsize-on-debian12-at-93-percent/answer.txt',
  'utf8',
)
const facts: HostFacts = {
  ...parseFacts(answer, 'read'),
  statistics: { drop: 31, early_drop: 2, chainlength: 0 },
}
const codes = (...args: Parameters<typeof findSymptoms>) =>
  findSymptoms(...args).map(({ code, message }) => [code, message.split(' ')[0]])

describe('signs of trouble that no setting shows', () => {
  test('a table over nine tenths, and what the counters tell since boot', () => {
    expect(codes(facts, null)).toEqual([
      ['table-nearly-full', '61204'],
      ['drops', '31'],
      ['early-drops', '2'],
    ])
  })

  test('only what came since an earlier run of the same boot', () => {
    const earlier = {
      run: 'R',
      bootId: facts.bootId,
      statistics: { drop: 30, early_drop: 2, chainlength: 0 },
    }
    expect(codes({ ...facts, count: 10 }, earlier)).toEqual([
      ['drops', '1'],
      ['no-more-early-drops', 'no'],
    ])
  })

  test('all of it when the host was booted in between', () => {
    const earlier = { run: 'R', bootId: 'another', statistics: { drop: 30 } }
    expect(codes({ ...facts, count: 10 }, earlier)).toContainEqual(['drops', '31'])
  })

  test('chains that grew too long, which no log line tells', () => {
    const long = { ...facts, count: 10, statistics: { chainlength: 301 } }
    expect(findSymptoms(long, null)).toMatchObject([{ code: 'long-chains', severity: 'warning' }])
  })

  test('nothing of a quiet host', () => {
    expect(findSymptoms({ ...facts, count: 10, statistics: {} }, null)).toEqual([])
  })
})
