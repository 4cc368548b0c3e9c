import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readingFor } from '../../src/host/reading.ts'
import { sizesAtLoad } from '../../src/kernel/boot/kernel-default.ts'
import { defaultIn } from '../../src/kernel/default-in.ts'
import { isExpectedIn } from '../../src/kernel/lifespan.ts'
import { tunables } from '../../src/kernel/tunables.ts'
import { planHost } from '../../src/plan/plan-host.ts'
import { sizeWish } from '../../src/plan/size-wish.ts'
import { parsePlaybook } from '../../src/playbook/load-playbook.ts'
import { wishFor } from '../../src/playbook/wish-for.ts'
import { hostNames, hostsFolder, readHostCase } from './read-host-case.ts'
import { summary } from './summary.ts'

/** Each folder of test/cases/hosts is a host; one playbook in today's names is planned on all of them. */
const playbookFile = new URL('playbook.yml', hostsFolder)
const [play] = parsePlaybook(readFileSync(playbookFile, 'utf8'), 'playbook.yml').plays
if (play === undefined) throw new Error('the playbook of the hosts has no play')
const wish = wishFor(play, {})

/** Parts of the kernel that its builder may leave out: these builds have no timestamps, and no table of flows. */
function isOptional(key: string): boolean {
  return /flowtable|lwtunnel|_timestamp$|frag6|_events$/.test(key)
}

describe('one playbook on hosts of all generations', () => {
  test('there are at least twelve of them', () => expect(hostNames.length).toBeGreaterThanOrEqual(12))

  test.each(hostNames)('%s', async (name) => {
    const { about, facts } = readHostCase(name)
    expect(facts.kernel).toBe(about.kernel)
    for (const { key } of readingFor(wish).places)
      expect(facts.places.has(key), `answer.txt says nothing of ${key}`).toBe(true)
    const plan = planHost(sizeWish(wish, facts, null), facts, new Set())
    await expect(stringify(summary(plan), { lineWidth: 0 })).toMatchFileSnapshot(
      new URL(`${name}/plan.yml`, hostsFolder).pathname,
    )
  })

  test.each(hostNames)('%s says where it comes from', (name) => {
    const { about } = readHostCase(name)
    expect(['recorded', 'composed']).toContain(about.source)
    expect(about.system).toMatch(/^\S.{3,60}$/)
    expect(about.from).toMatch(/^\S.{10,}$/)
    expect(about.shows).toMatch(/^\S.{10,}$/)
  })

  test.each(hostNames.filter((name) => readHostCase(name).about.source === 'recorded'))(
    '%s has the settings and the defaults that the table says of its kernel',
    (name) => {
      const { facts } = readHostCase(name)
      if (facts.module !== 'loaded') return expect(facts.family).toBe('none')
      for (const tunable of tunables.filter(({ area }) => area !== 'size')) {
        const place = facts.places.get(tunable.key)
        if (!isOptional(tunable.key))
          expect(place?.state === 'present', tunable.key).toBe(isExpectedIn(facts.kernel, tunable))
        const expected = defaultIn(facts.kernel, tunable)
        if (place?.state === 'present' && expected !== undefined)
          expect(place.value, tunable.key).toBe(String(expected))
      }
      const { max, hashsize, pageBytes, memoryTotalBytes, kernel } = facts
      const sizes = sizesAtLoad(null, { kernel, family: 'nf', pageBytes, pointerBytes: 8, memoryTotalBytes })
      expect({ max, buckets: hashsize }).toEqual(sizes)
    },
  )

  test('docs/recorded-hosts.md lists them all, as they are', () => {
    const page = readFileSync(new URL('../../docs/recorded-hosts.md', import.meta.url), 'utf8')
    const rows = hostNames.map((name) => {
      const { system, kernel, source, shows } = readHostCase(name).about
      return `| \`${name}\` | ${system} | ${kernel} | ${source} | ${shows} |`
    })
    expect(page.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows)
  })

  test('every folder holds a host and nothing else', () => {
    for (const name of hostNames)
      expect(readdirSync(new URL(`${name}/`, hostsFolder)).toSorted()).toEqual([
        'answer.txt',
        'host.yml',
        'plan.yml',
      ])
  })
})
