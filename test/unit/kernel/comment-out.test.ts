import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commentOut, isOneLine, withoutHashsize } from '../../../src/kernel/boot/comment-out.ts'

const line = fc.stringMatching(/^[ -~\t\r]{0,40}$/)

test('only the lines that are meant change, and without the marker the text is what it was', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(20)), (lines, numbers) => {
      const text = lines.join('\n')
      const edited = commentOut(text, new Set(numbers)).split('\n')
      const before = text.split('\n')
      expect(edited).toHaveLength(before.length)
      edited.forEach((now, index) => {
        if (numbers.includes(index + 1)) expect(now).toBe(`# disabled by conntrackctl: ${before[index]}`)
        else expect(now).toBe(before[index])
      })
    }),
  )
})

describe('options of a module', () => {
  test.each([
    [
      'options nf_conntrack hashsize=16384',
      '# disabled by conntrackctl: options nf_conntrack hashsize=16384',
    ],
    [
      'options nf_conntrack hashsize=16384 acct=1\r',
      '# disabled by conntrackctl: options nf_conntrack hashsize=16384 acct=1\r\noptions nf_conntrack acct=1\r',
    ],
    [
      '\toptions  nf_conntrack  acct=1 hashsize=5 expect_hashsize=9',
      '# disabled by conntrackctl: \toptions  nf_conntrack  acct=1 hashsize=5 expect_hashsize=9\noptions nf_conntrack acct=1 expect_hashsize=9',
    ],
  ])('%j', (before, after) => expect(withoutHashsize(before)).toBe(after))

  test('a line that goes on in the next one is left alone', () => {
    expect(withoutHashsize('options nf_conntrack hashsize=16384 \\')).toBeNull()
  })
})

test('a CR in the middle begins a line of its own to systemd', () => {
  expect(isOneLine('a = 1\r')).toBe(true)
  expect(isOneLine('a = 1\rb = 2')).toBe(false)
  expect(isOneLine('a = 1\0b = 2')).toBe(false)
})
