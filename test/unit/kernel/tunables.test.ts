import { describe, expect, test } from 'vitest'
import { defaultIn } from '../../../src/kernel/default-in.ts'
import { findByShortName, findTunable, tunables } from '../../../src/kernel/tunables.ts'

describe('the table of conntrack settings', () => {
  test('has every name once, old ones included', () => {
    const names = tunables.flatMap(({ key, aliases }) => [key, ...aliases])
    expect(names).toHaveLength(new Set(names).size)
  })

  test('has every short name once in its area', () => {
    const names = tunables.map(({ area, shortName }) => `${area}.${shortName}`)
    expect(names).toHaveLength(new Set(names).size)
  })

  test.each(tunables.map((tunable) => [tunable.key, tunable] as const))('%s is in order', (_, tunable) => {
    expect(tunable.minimum).toBeLessThan(tunable.maximum)
    expect(tunable.summary).toMatch(/^[A-Z].*\.$/)
    expect(tunable.source).toMatch(/^(Documentation|net)\/|^commit [0-9a-f]{12}$/)
    if (tunable.default !== undefined) {
      expect(tunable.default).toBeGreaterThanOrEqual(tunable.area === 'timeout' ? 1 : 0)
      expect(tunable.default).toBeLessThanOrEqual(tunable.maximum)
    }
  })

  test.each([
    [
      'net.netfilter.nf_conntrack_udp_timeout_stream',
      { '2.6.32': 180, '4.19.304': 180, '5.0': 120, '6.19': 120 },
    ],
    [
      'net.netfilter.nf_conntrack_sctp_timeout_established',
      { '5.10.46': 432_000, '5.10.223': 210, '6.1': 210 },
    ],
    [
      'net.netfilter.nf_conntrack_sctp_timeout_shutdown_sent',
      { '4.14': 0, '4.19.304': 3, '5.10.46': 0, '5.10.223': 3 },
    ],
    ['net.netfilter.nf_conntrack_events', { '5.15': 1, '5.19': 2 }],
    ['net.netfilter.nf_conntrack_helper', { '4.6': 1, '4.7': 0 }],
    ['net.netfilter.nf_conntrack_tcp_loose', { '2.6.18': 3, '2.6.24': 1 }],
    ['net.netfilter.nf_conntrack_tcp_timeout_established', { '2.4.32': 432_000, '6.19': 432_000 }],
  ])('%s has the default of its kernel', (key, expected) => {
    const tunable = findTunable(key)
    if (tunable === undefined) throw new Error(key)
    const found = Object.keys(expected).map((release) => [release, defaultIn(release, tunable)])
    expect(Object.fromEntries(found)).toEqual(expected)
  })

  test.each([
    ['tcp_established', 'net.netfilter.nf_conntrack_tcp_timeout_established'],
    ['udp', 'net.netfilter.nf_conntrack_udp_timeout'],
    ['udp_stream', 'net.netfilter.nf_conntrack_udp_timeout_stream'],
    ['generic', 'net.netfilter.nf_conntrack_generic_timeout'],
    ['tcp_max_retrans', 'net.netfilter.nf_conntrack_tcp_timeout_max_retrans'],
    ['flowtable_tcp', 'net.netfilter.nf_flowtable_tcp_timeout'],
  ])('the timeout %s is %s', (shortName, key) => {
    expect(findByShortName('timeout', shortName)?.key).toBe(key)
  })

  test.each(['net.nf_conntrack_max', 'net.ipv4.ip_conntrack_max', 'net.ipv4.netfilter.ip_conntrack_max'])(
    '%s is the max',
    (name) => {
      expect(findTunable(name)?.shortName).toBe('max')
    },
  )
})
