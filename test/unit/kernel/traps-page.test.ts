import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const rows = [
  ...readFileSync(new URL('docs/kernel-traps.md', root), 'utf8').matchAll(
    /^\| (\d+) \| (.+?) \| (.+?) \| `([^`]+)`: (.+) \|$/gm,
  ),
].map(([, number, trap, , file = '', title = '']) => ({ number, trap, file, title }))

test('all 33 traps stand on the page, in order', () => {
  expect(rows.map(({ number }) => Number(number))).toEqual(
    Array.from({ length: 33 }, (_, index) => index + 1),
  )
})

test.each(rows)('trap $number is proved by a test that is there: $trap', ({ file, title }) => {
  expect(readFileSync(new URL(file, root), 'utf8')).toContain(title)
})
