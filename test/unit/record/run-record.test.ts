import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../../src/problem.ts'
import { readRecord } from '../../../src/record/read-record.ts'
import { openRecord } from '../../../src/record/run-record.ts'
import { renderJson } from '../../../src/report/json.ts'
import { madeUpRun } from '../report/made-up.ts'
import { changed, clock, lost, planned, start } from './made-up-record.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a run leaves its start, its journal and its result, for its owner only', async () => {
  const state = join(temporaryFolder(), 'new', 'state')
  await using record = await openRecord(state, start, clock)
  await record.append(planned('web1'))
  await record.append({ kind: 'finished', result: changed('web1') })
  const result = madeUpRun([changed('web1')])
  expect(await record.close(result)).toEqual(result)

  expect(record.folder).toBe(join(state, 'runs', start.run))
  expect(readdirSync(record.folder).toSorted()).toEqual(['journal.jsonl', 'result.json', 'run.json'])
  for (const file of readdirSync(record.folder))
    expect(statSync(join(record.folder, file)).mode & 0o777).toBe(0o600)
  for (const folder of [state, join(state, 'runs'), record.folder])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(record.folder, 'result.json'), 'utf8')).toBe(renderJson(result))
  expect(await readRecord(record.folder)).toEqual({ start, result, isComplete: true })
})

test('an entry is in the file when `append` resolves', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  const journal = () => readFileSync(join(record.folder, 'journal.jsonl'), 'utf8')
  const hosts = Array.from({ length: 50 }, (_, n) => `web${n}`)
  await Promise.all(
    hosts.map(async (host) => {
      await record.append(planned(host))
      expect(journal()).toContain(`"host":"${host}"`)
    }),
  )
  await record.close(madeUpRun([]))
  expect(journal().trimEnd().split('\n')).toHaveLength(50)
})

test('a run that ends without a result is read from its journal', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  await record.append(planned('web1'))
  await record.append(planned('web2'))
  await record.append({ kind: 'finished', result: changed('web1') })
  const { result, isComplete } = await readRecord(record.folder)
  expect(isComplete).toBe(false)
  expect(result.hosts).toEqual([changed('web1'), lost('web2')])
  expect(result.totals).toMatchObject({ changed: 1, unknown: 1 })
  expect(result.finished).toBe('2026-11-22T19:00:05.000Z')
  expect(result.notes).toEqual([
    'this run did not come to its end: hosts that were not reached are missing here',
  ])
})

test('a journal cut anywhere tells of every host whose line is whole', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  const path = join(record.folder, 'journal.jsonl')
  for (const host of ['web1', 'web2']) await record.append(planned(host))
  for (const host of ['web2', 'db1']) await record.append({ kind: 'finished', result: changed(host) })
  const whole = readFileSync(path)
  const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index)
  expect(ends).toHaveLength(4)
  const told = [
    [],
    [lost('web1')],
    [lost('web1'), lost('web2')],
    [lost('web1'), changed('web2')],
    [lost('web1'), changed('web2'), changed('db1')],
  ]
  // Every byte around the ends of lines, where it is decided what counts, and every seventh within them.
  const lengths = [...whole.keys(), whole.length].filter(
    (length) => length % 7 === 0 || ends.some((end) => Math.abs(end - length) <= 3),
  )
  for (const length of lengths) {
    writeFileSync(path, whole.subarray(0, length))
    const lines = ends.filter((end) => end <= length).length
    expect((await readRecord(record.folder)).result.hosts, `cut after ${length} bytes`).toEqual(told[lines])
  }
})

test('run.json cut at any byte is either whole or no record, never a wrong one', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  const path = join(record.folder, 'run.json')
  const whole = readFileSync(path)
  for (let length = 0; length < whole.length - 1; length += 1) {
    writeFileSync(path, whole.subarray(0, length))
    await expect(readRecord(record.folder)).rejects.toThrow(/run\.json: .* has no readable record/)
  }
})

test('a damaged line in the middle costs that line only, and is told of', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  for (const host of ['web1', 'web2', 'web3'])
    await record.append({ kind: 'finished', result: changed(host) })
  const path = join(record.folder, 'journal.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"host":"web2"', '"host":'))
  const { result } = await readRecord(record.folder)
  expect(result.hosts).toEqual([changed('web1'), changed('web3')])
  expect(result.notes).toContain('1 line of its journal cannot be read')
})

test('a damaged result falls back to the journal', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  await record.append({ kind: 'finished', result: changed('web1') })
  await record.close(madeUpRun([changed('web1')]))
  writeFileSync(join(record.folder, 'result.json'), '{"version": 1')
  const { result, isComplete } = await readRecord(record.folder)
  expect(isComplete).toBe(false)
  expect(result.hosts).toEqual([changed('web1')])
})

test('a state folder that cannot be used stops the run before it begins, with a remedy', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  const opening = openRecord(join(folder, 'file', 'state'), start, clock)
  await expect(opening).rejects.toThrow(UsageError)
  await expect(opening).rejects.toThrow(
    /a file stands where a folder is needed in .*file\/state\. Name another folder with --state-dir/,
  )
})

test('a file system that takes nothing is told of, and waited for in vain by nobody', async () => {
  const opening = openRecord('/proc/1/conntrackctl/state', start, clock)
  await expect(opening).rejects.toThrow(
    /^no record of this run can be kept: .*\/proc\/1\/conntrackctl\/state/,
  )
})

test('two runs that begin at once make their folders together', async () => {
  const state = join(temporaryFolder(), 'a', 'b', 'c')
  const runs = ['20261122T190000Z-0001', '20261122T190000Z-0002', '20261122T190000Z-0003']
  const records = await Promise.all(runs.map((run) => openRecord(state, { ...start, run }, clock)))
  for (const record of records) await record.close(madeUpRun([]))
  expect(readdirSync(join(state, 'runs')).toSorted()).toEqual(runs)
})

test('two runs never write into one record', async () => {
  const folder = temporaryFolder()
  await using record = await openRecord(folder, start, clock)
  await expect(openRecord(folder, start, clock)).rejects.toThrow(
    /a run of the same name has a record already/,
  )
  await record.append(planned('web1'))
  expect((await readRecord(record.folder)).result.hosts).toEqual([lost('web1')])
})

/** Lets no file of this process grow over `bytes`: the system then refuses writes, as a full disk does. */
function limitFileSize(bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('/usr/bin/prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:`], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
}

test('a disk that fills up stops neither the run nor the record for good, and is told of', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  const journal = join(record.folder, 'journal.jsonl')
  await record.append(planned('web1'))
  const fits = statSync(journal).size
  try {
    limitFileSize(fits + 100)
    await record.append(planned('web2'))
    // Half of the line went in: exactly what a full disk leaves.
    expect(statSync(journal).size).toBe(fits + 100)
  } finally {
    limitFileSize('unlimited')
  }
  await record.append(planned('web3'))
  expect((await readRecord(record.folder)).result.hosts).toEqual([lost('web1'), lost('web3')])

  const result = await record.close(madeUpRun([changed('web1')]))
  expect(result.notes).toEqual([expect.stringMatching(/^the record of this run is incomplete: .*EFBIG/)])
  expect((await readRecord(record.folder)).result).toEqual(result)
})

test('a result that cannot be kept is told of', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  rmSync(record.folder, { recursive: true })
  const result = await record.close(madeUpRun([changed('web1')]))
  expect(result.notes).toEqual([expect.stringMatching(/^the record of this run is incomplete: .*ENOENT/)])
})

test('10,000 hosts at once cost little', async () => {
  await using record = await openRecord(temporaryFolder(), start, clock)
  const began = performance.now()
  await Promise.all(Array.from({ length: 10_000 }, (_, n) => record.append(planned(`web${n}`))))
  expect(performance.now() - began).toBeLessThan(15_000)
  expect((await readRecord(record.folder)).result.hosts).toHaveLength(10_000)
})
