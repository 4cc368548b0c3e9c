import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HostResult } from '../../../src/report/host-result.ts'
import { renderText } from '../../../src/report/text.ts'
import { anyRun } from './any-result.ts'
import { madeUpChange, madeUpHost, madeUpRun } from './made-up.ts'

const plain = { color: false, width: 100, verbosity: 0, diff: false }
const linesOf = (text: string) => text.trimEnd().split('\n')

/** How many hosts the entries of a report speak of. */
function hostsIn(text: string): number {
  const headings = text.matchAll(
    /: (?:ok|changed|pending|failed|unreachable|skipped|unsupported|unknown)(?: \((\d+) hosts\))?$/gm,
  )
  const hidden = text.matchAll(/^… and (\d+) more hosts? /gm)
  return [...headings, ...hidden].reduce((sum, [, count]) => sum + Number(count ?? 1), 0)
}

/** 5,000 hosts on a bad day: different befores, a third with part of the settings, seven kinds of trouble. */
function badDay(hosts: number): HostResult[] {
  return Array.from({ length: hosts }, (_, n) => {
    const name = n % 10 === 0 ? `db${String(n / 10).padStart(3, '0')}` : `web${String(n).padStart(4, '0')}`
    const error = (
      kind: 'timeout' | 'auth' | 'host_key_changed' | 'disk_full' | 'become',
      stage: 'connect' | 'login' | 'apply',
      message: string,
    ) => ({
      error: { kind, stage, message, hint: `see what ${name} says` },
    })
    const keys = [
      'max',
      'buckets',
      'tcp_timeout_established',
      'tcp_timeout_time_wait',
      'udp_timeout',
      'tcp_loose',
    ]
    const changes = keys
      .filter((_key, index) => n % 3 > 0 || ((n * 7) >> index) % 5 > 0)
      .map((key) => madeUpChange(`net.netfilter.nf_conntrack_${key}`, String(65_536 << (n % 4)), '262144'))
    switch (n % 97) {
      case 1:
        return madeUpHost(
          name,
          'unreachable',
          error('timeout', 'connect', `no answer from 10.0.${n >> 8}.${n & 255} within 10 s`),
        )
      case 2:
        return madeUpHost(name, 'unreachable', error('auth', 'login', `no key was accepted for ops@${name}`))
      case 3:
        return madeUpHost(
          name,
          'unreachable',
          error('host_key_changed', 'login', `SHA256:${(n * 7919).toString(36)}`),
        )
      case 4:
        return madeUpHost(name, 'failed', {
          ...error('disk_full', 'apply', 'No space left on device'),
          changes,
        })
      case 5:
        return madeUpHost(name, 'failed', error('become', 'login', 'sudo: a password is required'))
      case 6:
        return madeUpHost(name, 'unknown', {
          ...error('timeout', 'apply', 'the connection was lost'),
          changes,
        })
      case 7:
        return madeUpHost(name, 'unsupported')
      default:
        return n % 5 === 0 ? madeUpHost(name, 'changed', { changes }) : madeUpHost(name, 'ok')
    }
  })
}

test('5,000 hosts on a bad day fit a screen, and none is left out', () => {
  const run = madeUpRun(badDay(5000))
  const text = renderText(run, plain)
  expect(linesOf(text).length).toBeLessThanOrEqual(60)
  expect(hostsIn(text)).toBe(5000)
  expect(text).toMatch(
    /\nok=\d+ changed=\d+ pending=0 unreachable=\d+ failed=\d+ unsupported=\d+ unknown=\d+\nrun .*\n$/,
  )
})

test('-v names every host', () => {
  const run = madeUpRun(badDay(500))
  const text = renderText(run, { ...plain, width: Infinity, verbosity: 1 })
  expect(hostsIn(text)).toBe(500)
  expect(text).not.toContain('…')
})

test('hosts that are all as wished take one line', () => {
  const hosts = Array.from({ length: 480 }, (_, n) =>
    madeUpHost(`web${String(n + 1).padStart(3, '0')}`, 'ok'),
  )
  expect(linesOf(renderText(madeUpRun(hosts), plain))).toEqual([
    'web[001-480]: ok (480 hosts)',
    '',
    'ok=480 changed=0 pending=0 unreachable=0 failed=0  run 20261122T190000Z-3f9c  12.3 s',
  ])
})

test('names that do not fold are cut, with their number', () => {
  const hosts = Array.from({ length: 900 }, (_, n) =>
    madeUpHost(`i-${(n * 7919 + 1_000_003).toString(36)}x`, 'ok'),
  )
  const [line = ''] = linesOf(renderText(madeUpRun(hosts), plain))
  expect(line).toMatch(/^i-.*,…: ok \(900 hosts\)$/)
  expect(line.length).toBeLessThanOrEqual(100)
})

test('a fleet whose values differ on every host is one entry with ranges', () => {
  const hosts = Array.from({ length: 300 }, (_, n) =>
    madeUpHost(`web${n}`, 'changed', {
      changes: [
        madeUpChange('net.netfilter.nf_conntrack_max', String(1000 + n), String(262_144 + n * 1024), {
          reason: `${n} of ${1000 + n} entries in use`,
        }),
      ],
    }),
  )
  expect(linesOf(renderText(madeUpRun(hosts), plain)).slice(0, 2)).toEqual([
    'web[0-299]: changed (300 hosts)',
    '  nf_conntrack_max  1000..1299 -> 262144..568320  0..299 of 1000..1299 entries in use',
  ])
})

test('trouble stands last, above the recap', () => {
  const order = [
    'failed',
    'unreachable',
    'unknown',
    'unsupported',
    'pending',
    'changed',
    'skipped',
    'ok',
  ] as const
  const text = renderText(madeUpRun(order.map((status) => madeUpHost(`on-${status}`, status))), plain)
  const shown = linesOf(text)
    .filter((line) => line.startsWith('on-'))
    .map((line) => line.split(': ')[1])
  expect(shown).toEqual(order.toReversed())
})

test('no text of a host reaches the terminal as anything but text', () => {
  const styles = fc.record({
    color: fc.constant(false),
    width: fc.constantFrom(40, 80, Infinity),
    verbosity: fc.nat(2),
    diff: fc.boolean(),
  })
  fc.assert(
    fc.property(anyRun, styles, (run, style) => {
      expect(renderText(run, style)).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test('colour changes nothing but colour', () => {
  fc.assert(
    fc.property(anyRun, fc.boolean(), (run, diff) => {
      const style = { ...plain, diff }
      const colored = renderText(run, { ...style, color: true })
      expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderText(run, style))
    }),
  )
})
