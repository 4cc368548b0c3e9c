import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { HostFacts, UsageFacts } from '../../../src/host/facts.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { usageFindings } from '../../../src/usage/usage-findings.ts'
import { type History, type Usage, usageOf } from '../../../src/usage/usage.ts'

const answer = readFileSync(
  'test/cases/plan/raises-max-after-hashsize-on-debian12-at-93-percent/answer.txt',
  'utf8',
)
const read = parseFacts(answer, 'read')
const plain: UsageFacts = {
  availableBytes: 2 ** 30,
  clock: { epochSeconds: 1_795_653_596, zoneSeconds: 0, uptimeSeconds: 4000 },
  logs: [],
  namespace: '4026531840',
  namespaces: [],
  namespaceCount: 0,
  sample: { entries: 2000, established: 100, idle: 10 },
}
/** 100 of 65536 entries on Debian 12, nothing lost. */
const calm: HostFacts = { ...read, count: 100, statistics: {}, usage: plain }
const noHistory: History = { earlier: null, points: [], nowSeconds: 1_795_653_596 }
const thresholds = { warnPercent: 75, criticalPercent: 90 }

const levelOf = (facts: Partial<HostFacts>, history: Partial<History> = {}): string => {
  const { level, reasons } = usageOf({ ...calm, ...facts }, { ...noHistory, ...history }, thresholds)
  return [level, ...reasons].join(' ')
}
const withUsage = (usage: Partial<UsageFacts>): Partial<HostFacts> => ({ usage: { ...plain, ...usage } })
const codes = (facts: Partial<HostFacts>): readonly string[] => {
  const all = { ...calm, ...facts }
  return usageFindings(all, usageOf(all, noHistory, thresholds)).map(({ code }) => code)
}
const namespace = { inode: '4026532001', pid: 77, command: 'nginx', count: 10, drop: 0, earlyDrop: 0 }

describe('the level', () => {
  test.each([
    [0, 'ok'],
    [49_151, 'ok'],
    [49_152, 'warning full'],
    [58_982, 'warning full'],
    [58_983, 'critical full'],
    [65_536, 'critical full'],
    [70_000, 'critical full'],
  ])('%d of 65536 entries', (count, level) => expect(levelOf({ count })).toBe(level))

  test('moves with the thresholds', () => {
    const usage = usageOf({ ...calm, count: 6554 }, noHistory, { warnPercent: 10, criticalPercent: 11 })
    expect(usage).toMatchObject({ level: 'warning', used_percent: 10 })
  })

  test('no table, and a table without a limit', () => {
    expect(levelOf({ count: null, max: null, hashsize: null })).toBe('not_known')
    expect(levelOf({ max: 0 })).toBe('not_known')
  })

  test('drops and long chains since the last run are urgent however empty the table is now', () => {
    const earlier = { run: 'R', bootId: calm.bootId, statistics: { drop: 5, chainlength: 0 } }
    expect(levelOf({ statistics: { drop: 6 } }, { earlier })).toBe('critical drops')
    expect(levelOf({ statistics: { drop: 5, chainlength: 1 } }, { earlier })).toBe('critical long_chains')
    expect(levelOf({ statistics: { drop: 5 } }, { earlier })).toBe('ok')
    // Of another start of the host, or with nothing to compare with, they may be of long ago.
    expect(levelOf({ statistics: { drop: 6 } }, { earlier: { ...earlier, bootId: 'other' } })).toBe('ok')
    expect(levelOf({ statistics: { drop: 6 } })).toBe('ok')
  })

  test('a container’s table is full by the max of its host', () => {
    const usage = withUsage({ namespaces: [namespace, { ...namespace, count: 60_000 }], namespaceCount: 2 })
    expect(levelOf(usage)).toBe('critical namespace_full')
  })
})

describe('the figures', () => {
  test('memory by the size of an entry of this host, and the load of the hash', () => {
    const {
      memory,
      load_factor: load,
      free_entries: free,
    } = usageOf({ ...calm, entryBytes: 256, hashsize: 16_384 }, noHistory, thresholds)
    expect({ memory, load, free }).toEqual({
      memory: {
        now_bytes: 100 * 256 + 16_384 * 8,
        full_bytes: 65_536 * 256 + 16_384 * 8,
        total_bytes: calm.memoryTotalBytes,
        available_bytes: 2 ** 30,
      },
      load: { now: 0.01, full: 4 },
      free: 65_436,
    })
  })

  test('the present reading is the last point of the growth', () => {
    const points = [0, 1, 2, 3, 4].map((step) => ({
      // Of another start of the host.
      bootId: step === 0 ? 'other' : calm.bootId,
      atSeconds: noHistory.nowSeconds - (5 - step) * 600,
      count: step * 20,
    }))
    expect(usageOf(calm, { ...noHistory, points }, thresholds).growth).toMatchObject({
      points: 5,
      span_seconds: 2400,
      entries_per_hour: 120,
    })
  })
})

describe('findings', () => {
  test('none of a calm host', () => expect(codes({})).toEqual([]))

  test.each<[string, Partial<HostFacts>, string]>([
    ['no limit', { max: 0 }, 'no-limit'],
    [
      'few buckets on a kernel that drops for that',
      { max: 65_536, hashsize: 8192, kernel: '6.1.0' },
      'few-buckets',
    ],
    [
      'a fifth of the entries idle for long',
      withUsage({ sample: { entries: 2000, established: 900, idle: 400 } }),
      'idle-established',
    ],
    [
      'a log',
      withUsage({
        logs: [
          {
            source: '/var/log/messages',
            lines: 2,
            first: 'Jul 31 18:41:00 www kernel: ip_conntrack: table full, dropping packet.',
            last: 'Jul 31 18:41:06 www kernel: ip_conntrack: table full, dropping packet.',
            namespaces: new Map(),
          },
        ],
      }),
      'full-in-log',
    ],
    ['a container that drops', withUsage({ namespaces: [{ ...namespace, drop: 3 }] }), 'namespace-drops'],
  ])('%s', (_, facts, code) => {
    const place = { state: 'present', path: '/x', value: '432000', writable: true } as const
    const places = new Map([...calm.places, ['net.netfilter.nf_conntrack_tcp_timeout_established', place]])
    expect(codes({ places, ...facts })).toContain(code)
  })

  test('the log tells from when to when, over all logs, and that another namespace is meant', () => {
    const line = (time: string): string => `${time} www kernel: nf_conntrack: table full in netns 4026532001`
    const facts = {
      ...calm,
      ...withUsage({
        logs: [
          {
            source: 'journal',
            lines: 9,
            first: line('2026-11-26T00:10:00+0000'),
            last: line('2026-11-26T00:20:00+0000'),
            namespaces: new Map([['4026532001', 9]]),
          },
          {
            source: '/var/log/kern.log',
            lines: 4,
            first: line('2026-11-25T00:10:00+0000'),
            last: line('2026-11-26T00:19:00+0000'),
            namespaces: new Map([['4026531840', 4]]),
          },
        ],
      }),
    }
    const usage: Usage = usageOf(facts, noHistory, thresholds)
    const [finding] = usageFindings(facts, usage)
    expect(finding?.message).toBe(
      'journal, /var/log/kern.log tell of a full table from 2026-11-25T00:10:00Z to 2026-11-26T00:20:00Z; lines name 1 other network namespaces',
    )
  })

  test('a max that no file sets is lost at the next boot', () => {
    expect(codes({ max: 123_456, hashsize: 123_456 })).toContain('max-not-persisted')
  })
})
