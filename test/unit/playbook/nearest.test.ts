import { expect, test } from 'vitest'
import { nearest } from '../../../src/playbook/nearest.ts'

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
