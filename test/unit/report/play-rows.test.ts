import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../../src/fleet/run-event.ts'
import { statuses } from '../../../src/report/host-result.ts'
import { painter } from '../../../src/report/paint.ts'
import { playRows } from '../../../src/report/play-rows.ts'
import { countPlay } from '../../../src/report/play-tally.ts'
import { anyText } from './any-result.ts'
import { madeUpHost } from './made-up.ts'

const anyEvent: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('stage_reached'),
    host: fc.nat({ max: 30 }).map((n) => `web${n}`),
    stage: fc.constantFrom('connect', 'login', 'become', 'read', 'apply', 'verify'),
  }),
  fc
    .tuple(fc.nat({ max: 30 }), fc.constantFrom(...statuses), anyText)
    .map(([n, status, message]): RunEvent => ({
      kind: 'host_finished',
      result: madeUpHost(`web${n}`, status, {
        error: { kind: 'timeout', stage: 'connect', message, hint: '' },
      }),
    })),
)

test('a host is counted once: at its stage, or as done', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), fc.nat({ max: 5 }), (events, mostTroubles) => {
      const counter = countPlay('p', 100, mostTroubles)
      for (const event of events) counter.add(event)
      const { done, totals, stages, troubles } = counter.tally()
      expect(Object.values(totals).reduce((sum, count) => sum + count)).toBe(done)
      expect(done).toBe(events.filter(({ kind }) => kind === 'host_finished').length)
      const last = new Map<string, RunEvent['kind']>()
      for (const event of events) {
        if (event.kind === 'stage_reached') last.set(event.host, event.kind)
        if (event.kind === 'host_finished') last.set(event.result.host, event.kind)
      }
      const underWay = [...last.values()].filter((kind) => kind === 'stage_reached').length
      expect(stages.reduce((sum, [, count]) => sum + count, 0)).toBe(underWay)
      expect(troubles.length).toBeLessThanOrEqual(mostTroubles)
    }),
  )
})

test('the rows fit every terminal, and hold no character that it would obey', () => {
  const size = fc.record({
    columns: fc.integer({ min: 20, max: 200 }),
    rows: fc.integer({ min: 2, max: 60 }),
  })
  fc.assert(
    fc.property(fc.array(anyEvent), anyText, size, (events, play, { columns, rows }) => {
      const counter = countPlay(play, 100, 5)
      for (const event of events) counter.add(event)
      const [head = '', ...others] = playRows(counter.tally(), { columns, rows }, painter(false)).split('\n')
      expect(others.length).toBeLessThanOrEqual(Math.max(Math.min(rows - 4, 5), 0))
      for (const row of others) expect(row.length).toBeLessThanOrEqual(columns - 4)
      expect([head, ...others].join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }),
  )
})

test.each([
  [120, 'A play with quite a long name for its row  0/100 hosts  1 connecting  1 changing'],
  [60, 'A play with quite…  0/100 hosts  1 connecting  1 changing'],
])('in %i columns: %s', (columns, row) => {
  const counter = countPlay('A play with quite a long name for its row', 100, 5)
  counter.add({ kind: 'stage_reached', host: 'web1', stage: 'apply' })
  counter.add({ kind: 'stage_reached', host: 'web2', stage: 'connect' })
  expect(playRows(counter.tally(), { columns, rows: 24 }, painter(false))).toBe(row)
})
