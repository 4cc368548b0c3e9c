import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, type DiffLine } from '../../../src/report/line-diff.ts'

const write = (lines: readonly DiffLine[]) =>
  lines.map(({ mark, text }) => (mark === '@' ? text : mark + text)).join('\n')

const anyFile = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'c', '', 'net.x = 1'), { maxLength: 25 }), fc.boolean())
  .map(([lines, isEnded]) => (lines.length === 0 ? '' : lines.join('\n') + (isEnded ? '\n' : '')))

test('a changed value in a drop-in', () => {
  const before = '# conntrackctl\nnet.a = 1\nnet.b = 2\nnet.c = 3\nnet.d = 4\nnet.e = 5\n'
  const after = '# conntrackctl\nnet.a = 1\nnet.b = 2\nnet.c = 3\nnet.d = 40\nnet.e = 5\nnet.f = 6\n'
  expect(write(diffLines(before, after))).toBe(`@@ -2,5 +2,6 @@
 net.a = 1
 net.b = 2
 net.c = 3
-net.d = 4
+net.d = 40
 net.e = 5
+net.f = 6`)
})

test('a new file, and one that gains its last line end', () => {
  expect(write(diffLines('', 'a\nb\n'))).toBe('@@ -0,0 +1,2 @@\n+a\n+b')
  expect(write(diffLines('a', 'a\n'))).toBe('@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a')
})

test('equal texts have no diff', () => {
  fc.assert(
    fc.property(anyFile, (text) => {
      expect(diffLines(text, text)).toEqual([])
    }),
  )
})

/** What `patch` does: each hunk at the very line that its head names, and each line of context as it says. */
function patched(before: string, lines: readonly DiffLine[]): string {
  const old = before.split(/(?<=\n)/).filter((line) => line !== '')
  const written = (text: string) =>
    text.endsWith('\n\\ No newline at end of file') ? text.slice(0, text.indexOf('\n')) : `${text}\n`
  let [result, index] = ['', 0]
  for (const { mark, text } of lines)
    if (mark === '@') {
      const [, first, count, newFirst] = /^@@ -(\d+),(\d+) \+(\d+),\d+ @@$/.exec(text) ?? []
      const target = Number(first) - (count === '0' ? 0 : 1)
      while (index < target) result += old[index++]
      if (Number(newFirst) > 0) expect(result.split('\n').length).toBeGreaterThanOrEqual(Number(newFirst))
    } else {
      if (mark !== '+') expect(written(text)).toBe(old[index++])
      if (mark !== '-') result += written(text)
    }
  return result + old.slice(index).join('')
}

test('applied to the one text, a diff gives the other', () => {
  fc.assert(
    fc.property(anyFile, anyFile, (before, after) => {
      expect(patched(before, diffLines(before, after))).toBe(after)
    }),
    { numRuns: 500 },
  )
})

test('huge texts are shown as replaced instead of being compared for seconds', () => {
  const big = (word: string) => Array.from({ length: 5000 }, (_, n) => `${word} ${n}\n`).join('')
  expect(diffLines(big('a'), big('b'))).toHaveLength(10_001)
})

test('a file of a host that has as many lines as an answer can hold is shown as well', () => {
  const lines = diffLines('\n'.repeat(200_000), 'one\n')
  expect(lines).toHaveLength(200_002)
})
