import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { highestCounts } from '../../../src/record/highest-counts.ts'
import { openRecord } from '../../../src/record/run-record.ts'
import { countStatuses, type HostResult } from '../../../src/report/host-result.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-peaks-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function recordRun(run: string, counts: Readonly<Record<string, number | null>>): Promise<void> {
  const start = {
    version: 1,
    run,
    command: 'plan',
    playbook: 'p.yml',
    started: '2026-11-22T19:00:00Z',
  } as const
  const controller = { host: 'c', user: 'u', pid: 1, version: '0' }
  const record = await openRecord(
    folder,
    { ...start, inventory: [], arguments: [], controller },
    () => new Date(),
  )
  const hosts = Object.entries(counts).map(([host, count]): HostResult => ({
    host,
    play: 'p',
    status: count === null ? 'unreachable' : 'ok',
    facts: count === null ? null : { kernel: '6.1', count, max: 1, hashsize: 1, memory_bytes: 1 },
    changes: [],
    findings: [],
    error: null,
  }))
  await record.close({ ...start, finished: start.started, hosts, totals: countStatuses(hosts) })
}

test('the highest count of each host over all records', async () => {
  await recordRun('20261122T190000Z-0001', { web01: 500, web02: 70, web03: null })
  await recordRun('20261122T200000Z-0002', { web01: 300, web02: 90 })
  expect(await highestCounts(folder)).toEqual(
    new Map([
      ['web01', 500],
      ['web02', 90],
    ]),
  )
})

test('a record that cannot be read is left out', async () => {
  await recordRun('20261122T190000Z-0001', { web01: 500 })
  mkdirSync(join(folder, 'runs/20261122T200000Z-0002'))
  writeFileSync(join(folder, 'runs/20261122T200000Z-0002/run.json'), 'nonsense')
  expect((await highestCounts(folder)).get('web01')).toBe(500)
})

test('no records, no peaks', async () => {
  expect(await highestCounts(join(folder, 'nowhere'))).toEqual(new Map())
})
