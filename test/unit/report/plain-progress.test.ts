import { expect, test } from 'vitest'
import { plainProgress } from '../../../src/report/plain-progress.ts'
import type { Status } from '../../../src/report/host-result.ts'
import { madeUpHost } from './made-up.ts'

const play = 'Raise the ceiling'

/** All lines of a play over `hosts` hosts, of which host n ends as `statusOf` says. */
function linesOf(hosts: number, statusOf: (n: number) => Status): string[] {
  const linesFor = plainProgress('apply')
  return [
    ...linesFor({ kind: 'play_started', play, hosts }),
    ...Array.from({ length: hosts }, (_, n) =>
      linesFor({ kind: 'host_finished', result: madeUpHost(`web${n}`, statusOf(n)) }),
    ).flat(),
    ...linesFor({ kind: 'play_finished', play }),
  ]
}

test('up to 20 hosts need no tenths', () => {
  expect(linesOf(20, () => 'ok')).toEqual([
    'apply: Raise the ceiling: 20 hosts',
    'apply: Raise the ceiling: done: ok=20',
  ])
})

test('a large fleet tells every tenth', () => {
  expect(linesOf(1000, (n) => (n === 250 ? 'failed' : 'changed'))).toEqual([
    'apply: Raise the ceiling: 1000 hosts',
    'apply: Raise the ceiling: 100 of 1000 hosts',
    'apply: Raise the ceiling: 200 of 1000 hosts',
    'web250: failed',
    ...[300, 400, 500, 600, 700, 800, 900].map(
      (n) => `apply: Raise the ceiling: ${n} of 1000 hosts, 1 failed`,
    ),
    'apply: Raise the ceiling: done: changed=999 failed=1',
  ])
})

test('a fleet that is down does not fill the mailbox', () => {
  const lines = linesOf(5000, () => 'unreachable')
  expect(lines).toHaveLength(1 + 20 + 1 + 9 + 1)
  expect(lines[21]).toBe('further hosts in trouble are counted here and named in the report')
  expect(lines.at(-1)).toBe('apply: Raise the ceiling: done: unreachable=5000')
})

test('an unsupported host tells why by its finding', () => {
  const linesFor = plainProgress('plan')
  linesFor({ kind: 'play_started', play, hosts: 1 })
  const findings = [
    { code: 'read-only', severity: 'error', message: 'nf_conntrack_max is read-only here', hint: '' },
  ] as const
  expect(linesFor({ kind: 'host_finished', result: madeUpHost('box', 'unsupported', { findings }) })).toEqual(
    ['box: unsupported: nf_conntrack_max is read-only here'],
  )
})

test('a second play is counted from nothing', () => {
  const linesFor = plainProgress('apply')
  for (const name of ['one', 'two']) {
    linesFor({ kind: 'play_started', play: name, hosts: 1 })
    linesFor({ kind: 'host_finished', result: madeUpHost('web1', 'ok') })
    expect(linesFor({ kind: 'play_finished', play: name })).toEqual([`apply: ${name}: done: ok=1`])
  }
})
