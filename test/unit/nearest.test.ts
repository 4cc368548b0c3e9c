import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/nearest.ts'

const known = ['max', 'hashsize', 'timeouts', 'options', 'module']

test.each([
  ['mxa', 'max'],
  ['hash_size', 'hashsize'],
  ['timeout', 'timeouts'],
  ['Options', 'options'],
  ['modules', 'module'],
])('%s is most likely %s', (word, meant) => expect(nearest(word, known)).toBe(meant))

test.each(['', 'x', 'persist', 'retries', 'm'.repeat(1_000_000)])('nothing is close to %.10s', (word) =>
  expect(nearest(word, known)).toBeUndefined(),
)

test('the closer one wins, whatever the order', () => {
  expect(nearest('udp_streams', ['gre_stream', 'udp_stream'])).toBe('udp_stream')
  expect(nearest('udp_streams', ['udp_stream', 'gre_stream'])).toBe('udp_stream')
})

test('of names that are equally near, three are told, in their order', () => {
  expect(didYouMean('web1', ['web01', 'db01', 'web11', 'web21', 'web31'])).toBe(
    ' (did you mean web01 or web11 or web21?)',
  )
  expect(didYouMean('wbe', ['web', 'db'])).toBe(' (did you mean web?)')
  expect(didYouMean('mail', ['web', 'db'])).toBe('')
})
