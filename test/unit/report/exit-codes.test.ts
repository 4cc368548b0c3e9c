import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { exitCodeOf, exitCodes } from '../../../src/exit-codes.ts'
import { statuses, type HostResult, type ResultError } from '../../../src/report/host-result.ts'
import { madeUpHost } from './made-up.ts'

const failedWith = (kind: ResultError['kind']) =>
  madeUpHost('h', 'failed', { error: { kind, stage: 'verify', message: 'm', hint: 'h' } })

const one = {
  ok: madeUpHost('h', 'ok'),
  changed: madeUpHost('h', 'changed'),
  skipped: madeUpHost('h', 'skipped'),
  pending: madeUpHost('h', 'pending'),
  refused: failedWith('refused_by_guard'),
  unverified: failedWith('not_verified'),
  unreachable: madeUpHost('h', 'unreachable'),
  failed: failedWith('command'),
  unsupported: madeUpHost('h', 'unsupported'),
  unknown: madeUpHost('h', 'unknown'),
}
type Kind = keyof typeof one

const table: readonly [kinds: readonly Kind[], code: number][] = [
  [[], 0],
  [['ok'], 0],
  [['changed'], 0],
  [['skipped'], 0],
  [['pending'], 10],
  [['refused'], 6],
  [['unverified'], 5],
  [['unreachable'], 3],
  [['failed'], 2],
  [['unsupported'], 2],
  [['unknown'], 2],
  [['pending', 'refused'], 6],
  [['pending', 'unverified'], 5],
  [['pending', 'unreachable'], 3],
  [['pending', 'failed'], 2],
  [['refused', 'unverified'], 5],
  [['refused', 'unreachable'], 4],
  [['refused', 'failed'], 2],
  [['unverified', 'unreachable'], 4],
  [['unverified', 'failed'], 2],
  [['unreachable', 'failed'], 4],
  [['unreachable', 'unsupported'], 4],
  [['unreachable', 'unknown'], 4],
]

test.each(table)('%j exits %i, whatever the order and with hosts that are fine among them', (kinds, code) => {
  const hosts = kinds.map((kind) => one[kind])
  expect(exitCodeOf({ hosts })).toBe(code)
  expect(exitCodeOf({ hosts: hosts.toReversed() })).toBe(code)
  expect(exitCodeOf({ hosts: [one.ok, ...hosts, one.changed, one.skipped] })).toBe(code)
})

test('the table above names every pair of troubles', () => {
  const troubles: Kind[] = ['pending', 'refused', 'unverified', 'unreachable', 'failed']
  for (const first of troubles)
    for (const second of troubles.slice(troubles.indexOf(first) + 1))
      expect(table.map(([kinds]) => kinds.toSorted().join())).toContain([first, second].toSorted().join())
})

test('0 means: no status but ok, changed and skipped', () => {
  const host = fc.constantFrom(...statuses).map((status): HostResult => madeUpHost('h', status))
  fc.assert(
    fc.property(fc.array(host), (hosts) => {
      const fine = hosts.every(({ status }) => ['ok', 'changed', 'skipped'].includes(status))
      expect(exitCodeOf({ hosts }) === 0).toBe(fine)
    }),
  )
})

test('no number stands for two things', () => {
  const codes = Object.values(exitCodes).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 10, 64, 65, 69, 75, 130, 143])
})
