import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalKey, dottedKey, isSysctlKey, sysctlPath } from '../../../src/kernel/sysctl-key.ts'

describe('sysctl keys', () => {
  test.each([
    ['net.netfilter.nf_conntrack_max', 'net.netfilter.nf_conntrack_max'],
    ['net/netfilter/nf_conntrack_max', 'net.netfilter.nf_conntrack_max'],
    ['net.nf_conntrack_max', 'net.netfilter.nf_conntrack_max'],
    ['net/ipv4/ip_conntrack_max', 'net.netfilter.nf_conntrack_max'],
    [
      'net.ipv4.netfilter.ip_conntrack_tcp_timeout_established',
      'net.netfilter.nf_conntrack_tcp_timeout_established',
    ],
    ['net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_fin_timeout'],
    ['net/ipv4/conf/eth0.100/rp_filter', 'net.ipv4.conf.eth0/100.rp_filter'],
  ])('%s is known as %s', (key, canonical) => {
    expect(canonicalKey(key)).toBe(canonical)
  })

  test('a name with a dot in it stands under its own folder', () => {
    expect(sysctlPath('net/ipv4/conf/eth0.100/rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.100/rp_filter')
    expect(sysctlPath('net.ipv4.conf.eth0/100.rp_filter')).toBe('/proc/sys/net/ipv4/conf/eth0.100/rp_filter')
  })

  test.each([
    '',
    'net',
    '.net.x',
    'net..x',
    'net/../x',
    'net.x y',
    'net.*',
    'net.x\n',
    '/net/x',
    'net.$(id)',
    'net.x;y',
  ])('%j is no key', (key) => {
    expect(isSysctlKey(key)).toBe(false)
  })

  test('no key leads out of /proc/sys, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('.', '/', 'a', 'b', '-', 'c', 'd', ' ', "'") }),
        (key) => {
          if (!isSysctlKey(key)) return
          expect(sysctlPath(key)).toMatch(/^\/proc\/sys\/[\w-]+(\/[^/\s*']+)+$/)
          expect(sysctlPath(key).split('/')).not.toContain('..')
        },
      ),
      { numRuns: 5000 },
    )
  })

  test('both spellings of a key are one', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), (parts) => {
        expect(dottedKey(parts.join('/'))).toBe(parts.join('.'))
      }),
    )
  })
})
