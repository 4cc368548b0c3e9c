import { expect, test } from 'vitest'
import { renderCheck } from '../../../src/report/check-text.ts'
import type { HostResult } from '../../../src/report/host-result.ts'
import { checked, nothingLost } from './checked.ts'
import { madeUpHost, madeUpRun } from './made-up.ts'

const render = (hosts: readonly HostResult[], verbosity = 0): string =>
  renderCheck(madeUpRun(hosts, 'check'), { color: false, width: 100, verbosity, diff: false })

test('the most urgent first: what is full soonest, then what is fullest', () => {
  const growth = {
    points: 9,
    span_seconds: 14_400,
    entries_per_hour: 1200,
    full_at: '2026-11-22T21:00:00Z',
    full_in_seconds: 7200,
    why: '',
  }
  const text = render([
    checked('calm', 'ok', 500),
    checked('near', 'warning', 50_000),
    checked('fuller', 'critical', 65_000),
    checked('sooner', 'critical', 60_000, {
      growth,
      lost: { since_boot: nothingLost, since_last: { ...nothingLost, drop: 7, run: 'R' } },
      logs: [
        {
          source: 'dmesg',
          lines: 3,
          first: '2026-11-22T18:00:00Z',
          last: '2026-11-22T18:30:00Z',
          namespaces: {},
        },
      ],
    }),
  ])
  expect(text).toBe(`critical  sooner: 91 % used, 60000 of 65536 entries, 5536 free
            growth    1200 entries an hour: full in 2 h, at 2026-11-22T21:00:00Z (median slope of 9
            readings over 4 h)
            since run R: 7 dropped
            hash      16384 buckets, load factor 4 when full, 15 MiB now, 16 MiB when full, 2048 MiB
            of memory free
            logs      a full table in dmesg, first 2026-11-22T18:00:00Z, last 2026-11-22T18:30:00Z
critical  fuller: 99 % used, 65000 of 65536 entries, 536 free
            growth    too little to go by
            since boot: nothing lost
            hash      16384 buckets, load factor 4 when full, 16 MiB now, 16 MiB when full, 2048 MiB
            of memory free

warning   near: 76 % used, 50000 of 65536 entries, 15536 free
            growth    too little to go by
            since boot: nothing lost
            hash      16384 buckets, load factor 4 when full, 13 MiB now, 16 MiB when full, 2048 MiB
            of memory free

ok        calm: 0 % used, 500 of 65536 entries, 65036 free

critical=2 warning=1 no_table=0 ok=1 unreachable=0 failed=0  run 20261122T190000Z-3f9c  12.3 s
`)
})

test('5,000 uneven hosts fit a screen, all of them counted', () => {
  const hosts = Array.from({ length: 5000 }, (_, index): HostResult => {
    const name = `h${(index * 7919) % 10_007}.example.org`
    if (index % 50 === 0)
      return madeUpHost(name, 'unreachable', { play: 'all', error: unreachable(name, index) })
    const count = (index * 6151) % 65_536
    const level = count >= 58_983 ? 'critical' : count >= 49_152 ? 'warning' : 'ok'
    const reasons =
      level === 'critical' && index % 3 === 0 ? (['full', 'drops'] as const) : (['full'] as const)
    const finding = {
      code: 'namespace-drops',
      severity: 'warning',
      message: `1 other namespace has dropped packets; that of ${name}`,
      hint: 'Look.',
    } as const
    return { ...checked(name, level, count, { reasons }), findings: index % 4 === 0 ? [finding] : [] }
  })
  const text = render(hosts)
  expect(text.split('\n').length).toBeLessThan(60)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  const numbers = [...text.matchAll(/\((\d+) hosts\)/g)].map(([, number]) => Number(number))
  expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(5000)
})

function unreachable(host: string, index: number) {
  const kind = index % 100 === 0 ? ('timeout' as const) : ('refused' as const)
  return { kind, stage: 'connect' as const, message: `${host} does not answer`, hint: 'Look.' }
}

test('a process name from a host cannot do anything to the terminal', () => {
  const tables = [
    {
      inode: '1',
      pid: 2,
      command: 'evil\u001b[2J\u202e',
      count: 60_000,
      used_percent: 91,
      drop: 0,
      early_drop: 0,
    },
  ]
  const text = render([checked('web', 'critical', 10, { namespaces: { total: 1, tables } })])
  expect(text).toContain('evil\\x1b[2J\\u202e')
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
})
