import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldHosts } from '../../../src/report/fold-hosts.ts'
import { shortHosts } from '../../../src/report/short-hosts.ts'

const odd = (prefix: string, suffix = '') =>
  Array.from({ length: 100 }, (_, n) => `${prefix}${2 * n + 1}${suffix}`)

test.each([
  [['web1', 'web2', 'web3', 'db1'], 20, 'db1,web[1-3]'],
  [['alpha', 'beta', 'gamma'], 13, 'alpha,beta,…'],
  [odd('web', '.example.com'), 30, 'web[1,3,5,7,9,…].example.com'],
  [[...odd('web'), 'db1'], 24, 'db1,web[1,3,5,7,9,11,…]'],
  [[...odd('db'), ...odd('web')], 24, 'db[1,3,5,7,9,11,13,…],…'],
  [['a-name-that-is-longer-than-the-screen'], 12, 'a-name-that…'],
])('%# in its room', (names, room, text) => {
  expect(shortHosts(names, room)).toBe(text)
})

const name = fc
  .tuple(fc.constantFrom('web', 'db', 'rack1-', 'x'), fc.nat({ max: 999 }))
  .map(([word, n]) => word + n)

test('it keeps to its room, and is whole where that suffices', () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), fc.integer({ min: 12, max: 80 }), (names, room) => {
      const text = shortHosts(names, room)
      const whole = foldHosts(names)
      expect(text.length).toBeLessThanOrEqual(room)
      expect(text.includes('…')).toBe(whole.length > room)
      if (whole.length <= room) expect(text).toBe(whole)
    }),
  )
})
