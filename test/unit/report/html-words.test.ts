import { describe, expect, test } from 'vitest'
import type { Command, HostResult } from '../../../src/report/host-result.ts'
import { renderHtml } from '../../../src/report/html/render-html.ts'
import { toldLines } from '../../../src/report/html/told-lines.ts'
import { checked } from './checked.ts'
import { madeUpChange, madeUpHost, madeUpRun } from './made-up.ts'

function page(command: Command, hosts: readonly HostResult[]): string {
  const result = madeUpRun(hosts, command)
  return renderHtml({ result, isComplete: true, history: [result], by: null, words: [] })
}

const headline = (text: string): string => /<h1>(.*?)<\/h1>/s.exec(text)?.[1] ?? ''
const facts = { kernel: '6.1.0', count: 60_000, max: 65_536, hashsize: 65_536, memory_bytes: 1e8 }
const max = madeUpChange('net.netfilter.nf_conntrack_max', '65536', '262144')

describe('the page says what the command was for', () => {
  test.each([
    ['plan', 'pending', '1 host to be changed.'],
    ['verify', 'pending', '1 host drifted.'],
    ['verify', 'ok', '1 host as wished.'],
    ['apply', 'changed', '1 host changed and verified.'],
    ['rollback', 'changed', '1 host put back and verified.'],
    ['check', 'pending', '1 host over a threshold.'],
    ['check', 'ok', '1 host with room.'],
    ['diagnose', 'ok', '1 host looked at.'],
    ['check', 'unreachable', '1 host needs a look.'],
  ] as const)('%s, %s: %s', (command, status, words) =>
    expect(headline(page(command, [madeUpHost('a', status)]))).toBe(words),
  )
})

test('check shows how urgent a host is and why, the fullest first', () => {
  const text = page('check', [checked('near', 'warning', 50_000), checked('over', 'critical', 64_000)])
  expect(text).toContain('<span class="reason">97 % used, 64000 of 65536 entries, 1536 free</span>')
  expect(text.indexOf('97 % used')).toBeLessThan(text.indexOf('76 % used'))
  expect(text).toMatch(/<\/span>\s*critical\s*<\/td>/)
  expect(text).toMatch(/<\/span>\s*warning\s*<\/td>/)
  expect(text).not.toContain('to be changed')
})

describe('headroom', () => {
  test('is told once where nothing has changed it', () => {
    const text = page('check', [checked('near', 'warning', 50_000)])
    expect(text).toContain('class="bar-after"')
    expect(text).not.toMatch(/class="bar-before"|before, upwards|after the change/)
  })

  test('is told before and after where it has, or would have', () => {
    for (const [command, status] of [
      ['apply', 'changed'],
      ['plan', 'pending'],
    ] as const) {
      const text = page(command, [
        madeUpHost('web01', status, { facts: { ...facts, max: 262_144 }, changes: [max] }),
      ])
      expect(text).toContain('class="bar-before"')
      expect(text).toContain(command === 'plan' ? 'after the change, downwards' : 'now,')
    }
  })
})

test('lines of hosts that share an entry are one, with ranges; a verdict stands once', () => {
  const verdict = { code: 'idle-established', share_percent: 90, entries: 9, message: 'idle', advice: 'less' }
  const host = (name: string) =>
    madeUpHost(name, 'ok', { diagnosis: { verdicts: [verdict], capacity: null } as never })
  expect(toldLines([host('a'), host('b')])).toEqual(['idle-established, on 2 of 2 hosts: idle', 'less'])
  expect(toldLines([host('a')])).toEqual(['idle-established, 90 %: idle', 'less'])
  expect(toldLines([checked('a', 'ok', 500), checked('b', 'ok', 900)])[0]).toBe(
    '0..1 % used, 500..900 of 65536 entries, 64636..65036 free',
  )
  expect(toldLines([checked('a', 'ok', 500)])[1]).toBe('growth: too little to go by')
})
