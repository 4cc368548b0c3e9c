import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HostResult, type Status, statuses } from '../../../src/report/host-result.ts'
import { compareRuns, type Conditions, isSilent } from '../../../src/schedule/transitions.ts'

function result(host: string, status: Status, kind?: 'auth' | 'timeout' | 'not_verified'): HostResult {
  const error = kind === undefined ? null : ({ kind, stage: 'login', message: 'm', hint: 'h' } as const)
  return { host, play: 'p', status, facts: null, changes: [], findings: [], error }
}

/** The runs one after the other, each as the hosts that are told. */
function story(runs: readonly (readonly HostResult[])[]): readonly string[] {
  let before: Conditions = {}
  return runs.map((hosts, index) => {
    const found = compareRuns(before, hosts, `t${index}`)
    before = found.next
    const names = (those: readonly HostResult[]): string => those.map(({ host }) => host).join(',')
    return isSilent(found)
      ? ''
      : `changed ${names(found.changed)} failed ${names(found.failed)} recovered ${names(found.recovered.map((one) => one.result))}`
  })
}

test('a host that stays down is told once, and once when it is back', () => {
  const down = [result('a', 'ok'), result('b', 'unreachable', 'timeout')]
  const up = [result('a', 'ok'), result('b', 'ok')]
  expect(story([up, down, down, down, up, up])).toEqual([
    '',
    'changed  failed b recovered ',
    '',
    '',
    'changed  failed  recovered b',
    '',
  ])
})

test('another trouble of the same host is told anew', () => {
  expect(
    story([
      [result('a', 'unreachable', 'timeout')],
      [result('a', 'unreachable', 'auth')],
      [result('a', 'failed', 'not_verified')],
    ]),
  ).toEqual(Array.from({ length: 3 }, () => 'changed  failed a recovered '))
})

test('drift that apply mends is told each time, since it is a change each time', () => {
  const changed = [result('a', 'changed')]
  expect(story([changed, [result('a', 'ok')], changed])).toEqual([
    'changed a failed  recovered ',
    '',
    'changed a failed  recovered ',
  ])
})

test('a host that was not reached keeps what was known of it', () => {
  const down = [result('a', 'unreachable', 'timeout')]
  expect(story([down, [result('a', 'skipped')], down])).toEqual(['changed  failed a recovered ', '', ''])
})

test('the same run twice is silent the second time, unless it changes hosts', () => {
  const hosts = fc.uniqueArray(
    fc
      .tuple(fc.string(), fc.constantFrom(...statuses), fc.constantFrom('auth' as const, undefined))
      .map(([host, status, kind]) => result(host, status, kind)),
    { selector: ({ host }) => host },
  )
  fc.assert(
    fc.property(hosts, (run) => {
      const first = compareRuns({}, run, 't0')
      const second = compareRuns(first.next, run, 't1')
      expect(isSilent({ ...second, changed: [] })).toBe(true)
      expect(second.next).toEqual(first.next)
      expect(second.still).toEqual(first.failed)
    }),
  )
})
