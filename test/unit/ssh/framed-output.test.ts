import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FramedOutput } from '../../../src/ssh/framed-output.ts'

const marks = { begin: '@begin-7f3a', end: '@end-7f3a' }

/** Feeds `bytes` in pieces whose lengths are taken in turn from `sizes`. */
function feed(output: FramedOutput, bytes: Buffer, sizes: readonly number[]): 'more' | 'whole' | 'flood' {
  let at = 0
  let said: 'more' | 'whole' | 'flood' = 'more'
  for (let turn = 0; at < bytes.length && said === 'more'; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    said = output.push(bytes.subarray(at, at + size))
    at += size
  }
  return said
}

const noise = fc.string({
  unit: fc.constantFrom('\n', '@', 'b', 'begin', '@begin-7f3', '@end-7f3a 0\n', ' ', '漢'),
})
const body = fc.string({
  unit: fc.constantFrom('\n', '@', 'e', '@end-7f3', 'x@end-7f3a 1', '@end-7f3a', ' ', '漢', '\0'),
})
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 })

test('whatever comes before, and however it is cut, the text between the marks comes out', () => {
  fc.assert(
    fc.property(noise, body, sizes, (before, inside, cuts) => {
      // A body that holds the whole end mark at a line's start would end there, as it should.
      fc.pre(!`\n${inside}`.includes(`\n${marks.end} `))
      const text = `${inside}\n${marks.end} 0\n`
      const output = new FramedOutput(marks, 1_000_000)
      expect(feed(output, Buffer.from(`${before}${marks.begin}\n${text}behind`), cuts)).toBe('whole')
      expect(output.text()).toBe(text)
    }),
  )
})

test('an end mark right behind the begin mark', () => {
  const output = new FramedOutput(marks, 1_000_000)
  expect(output.push(Buffer.from('@begin-7f3a\n@end-7f3a 3\n'))).toBe('whole')
  expect(output.text()).toBe('@end-7f3a 3\n')
})

test('a cut anywhere before the last newline is not whole', () => {
  const bytes = Buffer.from(`hello\n${marks.begin}\nsome\ntext\n${marks.end} 0\n`)
  for (let length = 0; length < bytes.length; length += 1) {
    const output = new FramedOutput(marks, 1_000_000)
    expect(output.push(bytes.subarray(0, length))).toBe('more')
    expect(output.push(bytes.subarray(length))).toBe('whole')
  }
})

test('a greeting of any size is forgotten, output over the limit is a flood', () => {
  const output = new FramedOutput(marks, 1000)
  const chunk = Buffer.alloc(100_000, 'noise\n')
  for (let turn = 0; turn < 100; turn += 1) expect(output.push(chunk)).toBe('more')
  expect(output.begun).toBe(false)
  expect(output.push(Buffer.from(`${marks.begin}\n`))).toBe('more')
  expect(output.begun).toBe(true)
  expect(output.push(Buffer.alloc(1000, 'x'))).toBe('more')
  expect(output.push(Buffer.from('x'))).toBe('flood')
})

test('many small pieces take linear time', () => {
  const output = new FramedOutput(marks, 10_000_000)
  const started = performance.now()
  output.push(Buffer.from(`${marks.begin}\n`))
  const piece = Buffer.from('0123456789')
  for (let turn = 0; turn < 500_000; turn += 1) output.push(piece)
  expect(output.push(Buffer.from(`\n${marks.end} 0\n`))).toBe('whole')
  expect(output.text()).toHaveLength(5_000_000 + marks.end.length + 4)
  // A rescan of what came before would take hours.
  expect(performance.now() - started).toBeLessThan(15_000)
})
