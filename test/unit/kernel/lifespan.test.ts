import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasLayer3Modules } from '../../../src/kernel/boot/layer3.ts'
import { isExpectedIn } from '../../../src/kernel/lifespan.ts'
import { isAtLeast } from '../../../src/kernel/release.ts'
import { findTunable, tunables } from '../../../src/kernel/tunables.ts'

describe('which kernel has which setting', () => {
  test.each([
    ['6.0.9', 'net.netfilter.nf_conntrack_helper', true],
    ['6.1.0-31-amd64', 'net.netfilter.nf_conntrack_helper', false],
    ['6.16.0', 'net.netfilter.nf_conntrack_dccp_loose', true],
    ['6.17.1-arch', 'net.netfilter.nf_conntrack_dccp_loose', false],
    ['4.9.0-19-amd64', 'net.netfilter.nf_conntrack_udplite_timeout', true],
    ['4.14.336', 'net.netfilter.nf_conntrack_udplite_timeout', false],
    ['4.15.0-213-generic', 'net.netfilter.nf_conntrack_gre_timeout', false],
    ['5.0.0', 'net.netfilter.nf_conntrack_gre_timeout', true],
    ['no number', 'net.netfilter.nf_conntrack_gre_timeout', true],
  ])('%s and %s: %s', (release, key, expected) => {
    const tunable = findTunable(key)
    expect(tunable && isExpectedIn(release, tunable)).toBe(expected)
  })

  test('a setting comes once and goes once', () => {
    const version = fc
      .tuple(fc.integer({ min: 2, max: 7 }), fc.nat(20))
      .map(([major, minor]) => `${major}.${minor}`)
    fc.assert(
      fc.property(fc.constantFrom(...tunables), version, version, version, (tunable, ...versions) => {
        const sorted = versions.toSorted((one, other) => (isAtLeast(one, other) === true ? 1 : -1))
        const [first, middle, last] = sorted.map((release) => isExpectedIn(release, tunable))
        expect(first === true && middle === false && last === true).toBe(false)
      }),
    )
  })
})

describe('nf_conntrack_ipv4', () => {
  test.each([
    ['3.10.0-1160.el7.x86_64', [], true],
    ['4.15.0-213-generic', ['nf_conntrack'], true],
    ['4.18.0-193.el8.x86_64', ['nf_conntrack'], true],
    ['4.18.0-240.1.1.el8_3.x86_64', ['nf_conntrack'], false],
    ['4.18.0-553.el8_10.x86_64', [], false],
    ['4.18.0-240.el8.x86_64', ['nf_conntrack', 'nf_conntrack_ipv4'], true],
    ['4.19.0-27-amd64', ['nf_conntrack'], false],
    ['6.1.0-31-amd64', [], false],
  ])('%s with %j: %s', (kernel, loaded, expected) => {
    expect(hasLayer3Modules({ kernel, loaded, builtin: [] })).toBe(expected)
  })
})
