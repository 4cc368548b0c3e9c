import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHashsizeOf, roundBuckets } from '../../../src/kernel/hashsize.ts'

const pages = fc.constantFrom(4096, 16_384, 65_536)

describe("the kernel's rounding of the hashsize", () => {
  // As read back on 5.10, 6.1 and 6.12 with 4 KiB pages.
  test.each([
    [1, 512],
    [512, 512],
    [513, 1024],
    [5000, 5120],
    [100_000, 100_352],
    [4_000_000, 4_000_256],
  ])('%i becomes %i', (wished, actual) => {
    expect(roundBuckets(wished, 4096)).toBe(actual)
  })

  test('goes up to the next whole page, and once only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 268_435_455 }), pages, (wished, pageBytes) => {
        const actual = roundBuckets(wished, pageBytes)
        expect(actual).toBeGreaterThanOrEqual(wished)
        expect(actual - wished).toBeLessThan(pageBytes / 8)
        expect((actual * 8) % pageBytes).toBe(0)
        expect(roundBuckets(actual, pageBytes)).toBe(actual)
        expect(isHashsizeOf(actual, wished, pageBytes)).toBe(true)
      }),
    )
  })

  test('what is a page too much is not the wished size', () => {
    expect(isHashsizeOf(100_864 + 1024, 100_000, 4096)).toBe(false)
    expect(isHashsizeOf(99_840, 100_000, 4096)).toBe(false)
  })
})
