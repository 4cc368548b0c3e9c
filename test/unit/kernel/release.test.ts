import { describe, expect, test } from 'vitest'
import { capsChains, chooseBuckets } from '../../../src/kernel/chains.ts'
import { isAtLeast } from '../../../src/kernel/release.ts'

test.each([
  ['6.1.0-28-amd64', '5.15', true],
  ['5.15.0-122-generic', '5.15', true],
  ['5.14.0-503.el9.x86_64', '5.15', false],
  ['5.4', '5.15', false],
  ['4.18.0-553.el8_10.x86_64', '4.18', true],
  ['2.6.18-419.el5', '2.6.20', false],
  ['10.0', '9.99.99', true],
  ['garbage', '2.6', null],
])('%s is at least %s: %s', (release, version, expected) => {
  expect(isAtLeast(release, version)).toBe(expected)
})

describe('long chains', () => {
  test('are dropped from 5.15 on, and where a distribution shows the column for it', () => {
    expect(capsChains('5.15.0', {})).toBe(true)
    expect(capsChains('5.14.0-570.el9', { chainlength: 0 })).toBe(true)
    expect(capsChains('5.14.0', { drop: 0 })).toBe(false)
  })

  test('are kept short by a bucket an entry, or one for four before', () => {
    expect(chooseBuckets(262_144, true)).toBe(262_144)
    expect(chooseBuckets(262_145, false)).toBe(65_537)
  })
})
