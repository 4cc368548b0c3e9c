import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { parseFacts } from '../../src/host/parse-facts.ts'
import { readingFor } from '../../src/host/reading.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { sizeWish } from '../../src/plan/size-wish.ts'
import type { Wish } from '../../src/playbook/wish.ts'
import { readHostCase } from './read-host-case.ts'
import { summary } from './summary.ts'

/**
 * Each folder of test/cases/plan is a host and a wish: `answer.txt` is what probe.sh printed there,
 * `wish.yml` what a play asks of it, `plan.yml` the plan that follows. Where the wish names a `host`, that is
 * one of test/cases/hosts.
 */
const folder = new URL('plan/', import.meta.url)
const names = readdirSync(folder).sort()

const defaults = { play: 'test', sysctls: [], persist: true, conflicts: 'report', module: 'leave' } as const

describe('a wish and a host make a plan', () => {
  test.each(names)('%s', async (name) => {
    const read = (file: string): string => readFileSync(new URL(`${name}/${file}`, folder), 'utf8')
    const { allow = [], peak = null, host, ...written } = parse(read('wish.yml'))
    const wish: Wish = { ...defaults, ...written }
    const facts = host === undefined ? parseFacts(read('answer.txt'), 'read') : readHostCase(host).facts

    for (const { key } of readingFor(wish).places)
      expect(facts.places.has(key), `answer.txt says nothing of ${key}`).toBe(true)
    const plan = planHost(sizeWish(wish, facts, peak), facts, new Set(allow))
    await expect(stringify(summary(plan), { lineWidth: 0 })).toMatchFileSnapshot(
      new URL(`${name}/plan.yml`, folder).pathname,
    )
  })
})
