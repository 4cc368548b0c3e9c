import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { globMatches, isGlob } from '../../../../src/kernel/boot/path-glob.ts'

const path = 'net/netfilter/nf_conntrack_max'

describe('globs over paths', () => {
  test.each([
    ['net/netfilter/*', true],
    ['net/*/nf_conntrack_max', true],
    ['*/*/*', true],
    ['net/*', false],
    ['*', false],
    ['net/netfilter/nf_conntrack_ma?', true],
    ['net/netfilter/nf_conntrack_max?', false],
    ['net/netfilter/nf_conntrack_[l-n]ax', true],
    ['net/netfilter/nf_conntrack_[!m]ax', false],
    ['net/netfilter/nf_conntrack_[^b]ax', true],
    ['net/netfilter/nf_conntrack_[]m]ax', true],
    ['net/netfilter/nf_conntrack_[[:lower:]]ax', true],
    ['net/netfilter/nf_conntrack_[[:digit:]]ax', false],
    ['net/netfilter/nf_conntrack_m[z-a]x', false],
    ['net/netfilter/nf_conntrack_m[', false],
    [String.raw`net/netfilter/nf_conntrack_\max`, true],
    [String.raw`net/netfilter/nf_conntrack_\*`, false],
    ['net//netfilter/*', true],
    ['net/netfilter/nf_conntrack_{max,count}', false],
  ])('%s', (pattern, matches) => {
    expect(globMatches(pattern, path, false)).toBe(matches)
  })

  test.each([
    ['net/netfilter/nf_conntrack_{max,count}', true],
    ['net/{ipv4,netfilter}/nf_{a,conntrack_{m,n}ax}', true],
    ['net/netfilter/nf_conntrack_{max}', false],
    ['net/netfilter/nf_conntrack_{count,buckets}', false],
  ])('%s with braces', (pattern, matches) => {
    expect(globMatches(pattern, path, true)).toBe(matches)
  })

  test('a leading dot wants to be written', () => {
    expect(globMatches('*', '.x', false)).toBe(false)
    expect(globMatches('[.]x', '.x', false)).toBe(false)
    expect(globMatches('.*', '.x', false)).toBe(true)
  })

  test('a name matches itself and nothing else', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_+()|^$-]{0,6}$/)
    const names = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(names, names, (one, other) => {
        expect(isGlob(one)).toBe(false)
        expect(globMatches(one, one, true)).toBe(true)
        expect(globMatches(one, other, true)).toBe(one === other)
      }),
    )
  })

  test('no pattern takes long', () => {
    const slow = [
      '*'.repeat(500) + 'q',
      '*?'.repeat(30) + 'q',
      '{a,b}'.repeat(40) + '*',
      '{'.repeat(2000) + '*',
      '['.repeat(2000) + '*',
    ]
    for (const pattern of slow) expect(globMatches(`net/netfilter/${pattern}`, path, true)).toBe(false)
  })

  test('no pattern throws', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('[', ']', '!', '-', 'a', 'z', '*', '?', '{', '}', ',', '\\', '/', '^', ':'),
        }),
        (pattern) => {
          expect(typeof globMatches(pattern, path, true)).toBe('boolean')
        },
      ),
      { numRuns: 3000 },
    )
  })
})
