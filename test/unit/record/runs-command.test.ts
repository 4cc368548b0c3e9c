import { expect, test } from 'vitest'
import { runsCommand, type RunsOptions } from '../../../src/commands/runs.ts'
import { openRecord } from '../../../src/record/run-record.ts'
import { renderJson } from '../../../src/report/json.ts'
import { renderText } from '../../../src/report/text.ts'
import { madeUpHost, madeUpRun } from '../report/made-up.ts'
import { changed, clock, lost, planned, start } from './made-up-record.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What the command prints when asked on a pipe. */
async function printed(state: string, run?: string, options: Partial<RunsOptions> = {}): Promise<string> {
  const pieces: string[] = []
  const context = {
    env: { CONNTRACKCTL_STATE_DIR: state },
    home: '/home/ops',
    user: 'ops',
    cwd: '/',
    stdout: { isTty: false, hasColor: false, columns: 80, write: (text: string) => void pieces.push(text) },
  }
  expect(await runsCommand(run, { output: 'text', verbose: 0, ...options }, context)).toBe(0)
  return pieces.join('')
}

async function keep(state: string, run: string, hosts = [changed('web1')]): Promise<void> {
  await using record = await openRecord(state, { ...start, run }, clock)
  await record.close({ ...madeUpRun(hosts), run })
}

test('past runs are listed, the newest first, with how they ended', async () => {
  const state = temporaryFolder()
  expect(await printed(state)).toBe(`no run has a record in ${state}\n`)
  await keep(state, '20261120T190000Z-0001')
  await keep(state, '20261121T190000Z-0002', [
    changed('web1'),
    madeUpHost('web2', 'failed'),
    madeUpHost('web3', 'ok'),
  ])
  await using cut = await openRecord(state, start, clock)
  expect(await printed(state))
    .toBe(`20261122T190000Z-3f9c  apply  did not come to its end  playbooks/prevent.yml
20261121T190000Z-0002  apply  ok=1 changed=1 failed=1  playbooks/prevent.yml
20261120T190000Z-0001  apply  changed=1                playbooks/prevent.yml
`)
  const [first, second] = JSON.parse(await printed(state, undefined, { output: 'json' })) as object[]
  expect(first).toMatchObject({ run: start.run, folder: cut.folder, finished: null, totals: null })
  expect(second).toMatchObject({
    finished: '2026-11-22T19:00:12.300Z',
    totals: { ok: 1, changed: 1, failed: 1 },
  })
})

test('twenty runs are listed, all with -v', async () => {
  const state = temporaryFolder()
  for (let n = 0; n < 22; n += 1) await keep(state, `20261120T1900${String(n).padStart(2, '0')}Z-0001`)
  const text = await printed(state)
  expect(text.split('\n')).toHaveLength(22)
  expect(text).toMatch(/\n… and 2 older runs: -v shows all\n$/)
  expect((await printed(state, undefined, { verbose: 1 })).trimEnd().split('\n')).toHaveLength(22)
})

test('a run is shown as it was reported', async () => {
  const state = temporaryFolder()
  await keep(state, start.run)
  const result = madeUpRun([changed('web1')])
  const style = { color: false, width: Infinity, verbosity: 0, diff: true }
  expect(await printed(state, 'last', { diff: true })).toBe(renderText(result, style))
  expect(await printed(state, start.run, { output: 'json' })).toBe(renderJson(result))
})

test('a run that was cut off shows what became of each host, as far as it is known', async () => {
  const state = temporaryFolder()
  await using record = await openRecord(state, start, clock)
  for (const host of ['web1', 'web2']) await record.append(planned(host))
  await record.append({ kind: 'finished', result: changed('web1') })
  const text = await printed(state, '3f9c')
  expect(text).toContain('web1: changed\n')
  expect(text).toContain(
    'web2: unknown\n  may or may not be done: nf_conntrack_max, /etc/sysctl.d/90-conntrackctl.conf\n',
  )
  expect(text).toContain(lost('web2').error?.message)
  expect(text).toContain('note: this run did not come to its end')
})
