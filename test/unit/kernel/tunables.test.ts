import { describe, expect, test } from 'vitest'
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
