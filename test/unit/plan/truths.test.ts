import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import { truthsOf } from '../../../src/plan/truths.ts'
import type { Wish } from '../../../src/playbook/wish.ts'

const wish: Wish = {
  play: 'p',
  max: 262_144,
  hashsize: { kind: 'buckets', buckets: 65_000 },
  sysctls: [{ key: 'net.netfilter.nf_conntrack_no_such_timeout', value: '5' }],
  persist: true,
  conflicts: 'report',
  module: 'leave',
}

function factsOf(name: string) {
  const text = readFileSync(new URL(`../../cases/plan/${name}/answer.txt`, import.meta.url), 'utf8')
  return parseFacts(text, 'read')
}

test('what a reboot leaves is told of the host as it stands, not as we would make it', () => {
  const facts = factsOf('takes-a-name-behind-a-file-that-sorts-behind-the-usual-one')
  const truths = truthsOf(sizeWish(wish, facts, null), facts, null)
  expect(truths.live[0]).toMatchObject({ value: '65536', wished: '262144', as_wished: false })
  expect(truths.boot.find(({ key }) => key.endsWith('_max'))).toEqual({
    key: 'net.netfilter.nf_conntrack_max',
    wished: '262144',
    value: '65536',
    as_wished: false,
    // Nothing loads the module in time, so that line decides nothing.
    decided_by: null,
    known: expect.any(Boolean),
  })
  expect(truths.hashsize).toEqual({ wished: 65_000, live: 16_384 })
  expect(truths.symptoms).toMatchObject({ since: 'boot', drop: 31, early_drop: 2, headroom_percent: 6 })
})

test('symptoms count from an earlier run of the same boot', () => {
  const facts = factsOf('takes-a-name-behind-a-file-that-sorts-behind-the-usual-one')
  const since = (bootId: string) =>
    truthsOf(sizeWish(wish, facts, null), facts, { run: 'r1', bootId, statistics: { drop: 30 } }).symptoms
  expect(since(facts.bootId)).toMatchObject({ since: 'r1', drop: 1 })
  expect(since('another boot')).toMatchObject({ since: 'boot', drop: 31 })
})
