import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldHostParts, foldHosts } from '../../../src/report/fold-hosts.ts'
import { unfoldHosts } from './unfold-hosts.ts'

const range = (first: number, last: number, write: (number: number) => string) =>
  Array.from({ length: last - first + 1 }, (_, index) => write(first + index))

test.each([
  [range(1, 480, (n) => `web${String(n).padStart(3, '0')}`), 'web[001-480]'],
  [['web1.example.com', 'web2.example.com', 'web3.example.com'], 'web[1-3].example.com'],
  [['db3', 'db1', 'web1', 'db2', 'gateway'], 'db[1-3],gateway,web1'],
  [['web9', 'web10', 'web11'], 'web[9-11]'],
  [['web09', 'web10', 'web11'], 'web[09-11]'],
  [['web099', 'web100', 'web99'], 'web[99,099-100]'],
  [['w0', 'w1', 'w00', 'w01'], 'w[0-1,00-01]'],
  [['web1', 'web3', 'web5'], 'web[1,3,5]'],
  [['r1n1', 'r1n2', 'r2n1', 'r2n2'], 'r[1-2]n[1-2]'],
  [['r1n1', 'r1n2', 'r2n1'], 'r1n[1-2],r2n1'],
  [['h1-eth0', 'h2-eth0', 'h1-eth1'], 'h1-eth[0-1],h2-eth0'],
  [['10.0.0.1', '10.0.0.2', '10.0.1.1', '10.0.1.2'], '10.0.[0-1].[1-2]'],
  [['fe80::1', 'fe80::2'], 'fe80::[1-2]'],
  [['a', 'b', 'a'], 'a,b'],
  [
    ['n99999999999999999998', 'n99999999999999999999', 'n100000000000000000000'],
    'n[99999999999999999998-100000000000000000000]',
  ],
  [['rack[1]', 'rack1', 'rack2'], 'rack[1-2],rack[1]'],
  [[], ''],
])('%j folds to %s', (names, folded) => {
  expect(foldHosts(names)).toBe(folded)
})

const word = fc.constantFrom('', 'web', 'db-', '.', 'é', 'x')
const number = fc.oneof(
  fc.nat({ max: 30 }).map(String),
  fc.nat({ max: 120 }).map((n) => String(n).padStart(3, '0')),
  fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String),
)
const name = fc
  .array(fc.oneof(word, number), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((text) => text !== '')

test('what was folded unfolds to the same hosts, each once', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (names) => {
      const unfolded = unfoldHosts(foldHosts(names))
      expect(unfolded.toSorted()).toEqual([...new Set(names)].toSorted())
    }),
  )
})

test('the order of the names does not matter', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 30 }), (names) => {
      expect(foldHosts(names.toReversed())).toBe(foldHosts(names))
    }),
  )
})

test('the parts joined are the whole', () => {
  expect(foldHostParts(['b1', 'b2', 'a', 'c7x1'])).toEqual(['a', 'b[1-2]', 'c7x1'])
})

test('100,000 names with four numbers each fold without a quadratic step', () => {
  const names = range(0, 99_999, (n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
  const started = performance.now()
  expect(foldHosts(names)).toBe('10.0.[0-255].[0-255],10.1.[0-133].[0-255],10.1.134.[0-159]')
  expect(performance.now() - started).toBeLessThan(20_000)
})
