import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UsageError } from '../../../src/problem.ts'
import { findRun, listRuns } from '../../../src/record/list-runs.ts'
import { openRecord } from '../../../src/record/run-record.ts'
import { madeUpRun } from '../report/made-up.ts'
import { changed, clock, start } from './made-up-record.ts'
import { temporaryFolder } from './temporary-folder.ts'

const [oldest, middle, newest] = [
  '20261120T190000Z-3f9c',
  '20261121T190000Z-0001',
  '20261122T190000Z-3f9c',
] as const

async function threeRuns(): Promise<string> {
  const state = temporaryFolder()
  for (const run of [middle, newest, oldest]) {
    await using record = await openRecord(state, { ...start, run }, clock)
    if (run !== newest) await record.close({ ...madeUpRun([changed('web1')]), run })
  }
  return state
}

test('the newest run comes first, one that did not end has no totals, and strangers are left out', async () => {
  const state = await threeRuns()
  writeFileSync(join(state, 'runs', 'README'), '')
  mkdirSync(join(state, 'runs', '20261123T190000Z-ffff'))
  const { runs, older } = await listRuns(state)
  expect(runs.map(({ run, known }) => [run, known?.totals?.changed ?? null])).toEqual([
    ['20261123T190000Z-ffff', null],
    [newest, null],
    [middle, 1],
    [oldest, 1],
  ])
  expect(runs.map(({ known }) => known === null)).toEqual([true, false, false, false])
  expect(older).toBe(0)
  expect(await listRuns(state, 1)).toEqual({ runs: runs.slice(0, 1), older: 3 })
})

test('a run that was cut between its result and its run file still has its totals', async () => {
  const state = await threeRuns()
  const [, { folder } = { folder: '' }] = (await listRuns(state)).runs
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...start, run: middle }))
  expect((await listRuns(state)).runs[1]?.known?.totals?.changed).toBe(1)
})

test('a state folder that is not there has no runs', async () => {
  const state = temporaryFolder()
  rmSync(state, { recursive: true })
  expect(await listRuns(state)).toEqual({ runs: [], older: 0 })
})

test.each([
  [newest, newest],
  ['last', newest],
  ['20261120', oldest],
  ['-0001', middle],
  ['0001', middle],
])('%s names %s', async (word, run) => {
  const state = await threeRuns()
  expect(await findRun(state, word)).toBe(join(state, 'runs', run))
})

test.each([
  ['3f9c', /names 2 runs, from 20261120T190000Z-3f9c to 20261122T190000Z-3f9c; give more of the id/],
  ['2025', /no run `2025` has a record in .*; `conntrackctl runs` lists them/],
  ['../..', /no run/],
])('%s names no one run', async (word, message) => {
  const state = await threeRuns()
  await expect(findRun(state, word)).rejects.toThrow(UsageError)
  await expect(findRun(state, word)).rejects.toThrow(message)
})
