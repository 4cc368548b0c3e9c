import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sizesAtLoad, kernelDefault } from '../../../../src/kernel/boot/kernel-default.ts'
import { kernelTakes, readNumber } from '../../../../src/kernel/boot/kernel-value.ts'
import { tunables } from '../../../../src/kernel/tunables.ts'
import { establishedKey, made, maxKey } from './made-up.ts'

const kernel = (release: string) => made({ kernel: release })
const shown = (key: string, text: string, release = '6.1.0') => {
  const taken = kernelTakes(key, text, kernel(release))
  return taken.taken ? `${taken.value} ${taken.certainty}` : 'refused'
}

describe('what the kernel takes', () => {
  test.each([
    [maxKey, '5 6', '6.1.0', '5 certain'],
    [maxKey, '0x1000', '6.1.0', '4096 certain'],
    [maxKey, '0', '6.18.2', '0 certain'],
    [maxKey, '0', '6.19.0', 'refused'],
    [maxKey, '-1', '5.10.0', '-1 unknown'],
    [maxKey, '-1', '6.15.0', 'refused'],
    [maxKey, '2147483647', '6.1.0', '2147483647 certain'],
    [maxKey, '2147483648', '6.1.0', 'refused'],
    [maxKey, '4294967296', '2.6.32', '4294967296 unknown'],
    [maxKey, '262144 # entries', '6.1.0', '262144 certain'],
    [maxKey, '262144# entries', '6.1.0', 'refused'],
    [maxKey, '262,144', '6.1.0', 'refused'],
    [maxKey, '', '6.1.0', 'refused'],
    ['hashsize', '513', '6.1.0', '1024 certain'],
    ['hashsize', '0', '6.1.0', 'refused'],
    ['hashsize', '-1', '6.1.0', 'refused'],
    ['hashsize', '513', '4.7.10', 'refused'],
    ['hashsize', '268435456', '6.1.0', 'refused'],
    ['hashsize', '268000000', '6.1.0', '268000256 certain'],
    [establishedKey, '0', '6.1.0', '0 certain'],
    [establishedKey, '-5', '6.1.0', '-5 certain'],
    [establishedKey, '2147483', '6.1.0', '2147483 certain'],
    [establishedKey, '2147484', '6.1.0', '2147484 unknown'],
    [establishedKey, '21474837', '6.1.0', 'refused'],
    [establishedKey, '21474837', '3.10.0', '21474837 unknown'],
    ['net.netfilter.nf_conntrack_events', '2', '5.15.0', 'refused'],
    ['net.netfilter.nf_conntrack_events', '2', '6.1.0', '2 certain'],
    ['net.netfilter.nf_conntrack_tcp_loose', '2', '6.1.0', 'refused'],
    ['net.netfilter.nf_conntrack_tcp_loose', '3', '3.10.0', '3 unknown'],
    ['net.core.somaxconn', 'anything  at all', '6.1.0', 'anything at all likely'],
  ])('%s = %s on %s: %s', (key, text, release, expected) => {
    expect(shown(key, text, release)).toBe(expected)
  })

  test.each([
    ['010', 8],
    ['08', null],
    ['0x', null],
    ['0xg', null],
    ['+5', null],
    ['- 5', null],
    ['5k', null],
    ['1.5', null],
    ['1e3', null],
    ['\t7\n', 7],
    ['7\r', null],
    ['7\u00a0', null],
    ['123456789012345678901', null],
  ])('%j is read as %s', (text, expected) => {
    expect(readNumber(text)).toBe(expected)
  })

  test('every number is read as it is written, in all three bases', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.constantFrom('', ' ', '\t'),
        fc.constantFrom('', ' x', '\n'),
        (number, before, after) => {
          for (const text of [String(number), `0x${number.toString(16)}`, `0${number.toString(8)}`]) {
            expect(readNumber(`${before}${text}${after}`)).toBe(number)
          }
        },
      ),
    )
  })

  test('what is taken is taken again as it stands', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...tunables.map(({ key }) => key), 'hashsize'),
        fc.string(),
        fc.constantFrom('2.6.32', '4.18.0', '5.10.0', '6.19.0'),
        (key, text, release) => {
          const taken = kernelTakes(key, text, kernel(release))
          if (!taken.taken) return
          const again = kernelTakes(key, taken.value, kernel(release))
          expect(again.taken && again.value).toBe(taken.value)
        },
      ),
    )
  })
})

describe('the sizes of a table nobody sized', () => {
  const gib = 2 ** 30
  test.each([
    // Observed in user-mode-linux with 700 MB and in virtual machines with 256 MB.
    ['6.1.0', 700 * 2 ** 20, 5632, 5632],
    ['5.10.0', 700 * 2 ** 20, 5632, 22_528],
    ['6.12.0', 256 * 2 ** 20, 2048, 2048],
    ['5.10.0', 256 * 2 ** 20, 2048, 8192],
    ['6.18.44', 24 * gib, 262_144, 262_144],
    ['5.15.0', 2 * gib, 65_536, 65_536],
    ['5.4.0', 8 * gib, 65_536, 262_144],
    ['4.18.0', 2 * gib, 16_384, 65_536],
    ['3.10.0', 64 * gib, 16_384, 65_536],
    ['2.6.32', 2 * gib, 16_384, 65_536],
    ['2.6.18', 2 * gib, 8192, 65_536],
  ])('Linux %s with %d bytes: %d buckets, max %d', (release, memoryTotalBytes, buckets, max) => {
    expect(sizesAtLoad(null, { ...kernel(release), memoryTotalBytes })).toEqual({ buckets, max })
  })

  test('without the memory nobody knows', () => {
    expect(sizesAtLoad(null, { ...kernel('6.1.0'), memoryTotalBytes: null })).toBeNull()
  })

  test('32 bits: no step at 4 GiB, and twice as many buckets a page', () => {
    expect(sizesAtLoad(null, { ...kernel('6.1.0'), pointerBytes: 4, memoryTotalBytes: 8 * gib })).toEqual({
      buckets: 65_536,
      max: 65_536,
    })
    expect(sizesAtLoad(1, { ...kernel('6.1.0'), pointerBytes: 4 })).toEqual({ buckets: 1024, max: 8192 })
  })
})

describe('defaults that differ by kernel', () => {
  test.each([
    ['net.netfilter.nf_conntrack_udp_timeout_stream', '4.19.0', '180'],
    ['net.netfilter.nf_conntrack_udp_timeout_stream', '5.0.1', '120'],
    ['net.netfilter.nf_conntrack_events', '5.15.0', '1'],
    ['net.netfilter.nf_conntrack_events', '6.1.0', '2'],
    ['net.netfilter.nf_conntrack_sctp_timeout_established', '5.4.0', '432000'],
    ['net.netfilter.nf_conntrack_sctp_timeout_established', '6.1.0', '210'],
    ['net.netfilter.nf_conntrack_expect_max', '6.1.0', '88'],
  ])('%s on %s: %s', (key, release, expected) => {
    expect(kernelDefault(key, { buckets: 5632, max: 5632 }, kernel(release))).toBe(expected)
  })
})
