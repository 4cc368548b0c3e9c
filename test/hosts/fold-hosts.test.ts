import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldHosts } from '../../src/report/fold-hosts.ts'

/** ClusterShell's own tool, fed on standard input. */
function nodeset(option: '-f' | '-e', text: string): string {
  const { status, stdout, stderr } = spawnSync('nodeset', [option], { input: `${text}\n`, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.trim()
}

const number = fc.oneof(
  fc.nat({ max: 25 }).map(String),
  fc.nat({ max: 25 }).map((n) => String(n).padStart(2, '0')),
  fc.integer({ min: 95, max: 105 }).map((n) => String(n).padStart(3, '0')),
)
const names = (name: fc.Arbitrary<string>) => fc.array(name, { minLength: 1, maxLength: 40 })

test('names with one number fold to the very text of nodeset -f', () => {
  const name = fc
    .tuple(fc.constantFrom('web', 'db', ''), number, fc.constantFrom('', '.example.com', 'a'))
    .map((parts) => parts.join(''))
  const check = (hosts: string[]) => {
    expect(foldHosts(hosts)).toBe(nodeset('-f', hosts.join(' ')))
  }
  fc.assert(fc.property(names(fc.oneof(name, fc.constantFrom('gateway', 'db', 'zz'))), check), {
    numRuns: 40,
  })
})

test('names with several numbers fold to a text that nodeset unfolds to the same hosts', () => {
  const name = fc.tuple(number, number, number).map(([a, b, c]) => `r${a}n${b}-eth${c}`)
  const check = (hosts: string[]) => {
    expect(nodeset('-e', foldHosts(hosts)).split(' ').toSorted()).toEqual([...new Set(hosts)].toSorted())
  }
  fc.assert(fc.property(names(name), check), { numRuns: 40 })
})
