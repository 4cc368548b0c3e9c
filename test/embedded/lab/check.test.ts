import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import type { RunResult } from '../../../src/report/host-result.ts'
import { runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'
import { runHere } from './run-here.ts'

const web = conditions.filter(({ name }) => name === 'web')
const countFile = 'proc/sys/net/netfilter/nf_conntrack_count'
const max = 65_536

async function checkedLab(copies: number) {
  const lab = await freshLab({ conditions: web, copies })
  const state = join(labFolder(), 'state')
  const run = (...words: string[]) =>
    runHere(['check', ...words, '-i', lab.inventoryFile, '--state-dir', state])
  return {
    lab,
    state,
    run,
    json: async (...words: string[]): Promise<RunResult> =>
      JSON.parse((await run(...words, '-o', 'json')).stdout),
    setCount: (host: number, count: number) =>
      writeFileSync(join(lab.hosts[host]?.root ?? '', countFile), `${Math.floor(count)}\n`),
  }
}

describe('check', () => {
  test('needs no playbook, takes a pattern, and exits 10 while a table is over a threshold', async () => {
    const { run, json, setCount } = await checkedLab(3)
    setCount(0, 100)
    setCount(1, 0.8 * max)
    setCount(2, 0.95 * max)
    const all = await run()
    expect(all.exitCode).toBe(10)
    expect(all.stdout).toMatch(
      /^critical {2}web03: 94 % used[\s\S]*^warning {3}web02: 79 %[\s\S]*^ok {8}web01: 0 %/m,
    )

    expect((await run('web01')).exitCode).toBe(0)
    expect((await run('-l', 'web01')).exitCode).toBe(0)
    expect((await run('web02', '--warn', '85')).exitCode).toBe(0)
    expect((await run('web01', '--warn', '1', '--critical', '1')).exitCode).toBe(0)
    const { hosts } = await json()
    expect(hosts.map(({ usage }) => usage?.level)).toEqual(['ok', 'warning', 'critical'])
    // It has seen them before, and nothing was lost since.
    expect(hosts[0]?.usage?.lost.since_last?.drop).toBe(0)
  })

  test('drops since the last run are urgent, however empty the table is by now', async () => {
    const { lab, json, setCount } = await checkedLab(1)
    setCount(0, 100)
    const first = await json()
    expect(first.hosts[0]?.usage).toMatchObject({ level: 'ok', lost: { since_last: null } })
    const file = join(lab.hosts[0]?.root ?? '', 'proc/net/stat/nf_conntrack')
    const text = readFileSync(file, 'utf8')
    const [head = '', row = '', ...rest] = text.split('\n')
    const column = head.trim().split(/\s+/).indexOf('drop')
    const cells = row.trim().split(/\s+/)
    cells[column] = (Number.parseInt(cells[column] ?? '0', 16) + 5).toString(16)
    rmSync(file)
    writeFileSync(file, [head, cells.join(' '), ...rest].join('\n'))

    const second = await json()
    expect(second.hosts[0]).toMatchObject({
      status: 'pending',
      usage: { level: 'critical', reasons: ['drops'], lost: { since_last: { run: first.run, drop: 5 } } },
    })
  })

  test('records of past runs give the growth, and when the table will be full', async () => {
    const { state, json, setCount } = await checkedLab(1)
    setCount(0, 40_000)
    const first = await json()
    const boot = first.hosts[0]?.facts?.boot_id
    expect(first.hosts[0]?.usage?.growth.why).toContain('too little to go by')
    // What six runs, ten minutes apart, would have left.
    for (let ago = 6; ago >= 1; ago -= 1) {
      const at = new Date(Date.now() - ago * 600_000)
      const run = `${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-000${ago}`
      mkdirSync(join(state, 'runs', run))
      const count = 40_000 - ago * 1000
      const hosts = { web01: { boot, count, lost: { drop: 0 } } }
      writeFileSync(
        join(state, 'runs', run, 'counts.json'),
        JSON.stringify({ version: 1, at: at.toISOString(), hosts }),
      )
    }
    const { growth } = (await json()).hosts[0]?.usage ?? {}
    expect(growth?.points).toBe(8)
    expect(growth?.entries_per_hour).toBeGreaterThan(5500)
    expect(growth?.entries_per_hour).toBeLessThan(6500)
    // 25536 entries at 6000 an hour.
    expect((growth?.full_in_seconds ?? 0) / 3600).toBeCloseTo(25_536 / 6000, 0)
  })

  test('one that nobody watches tells of a table once, and again when it gets worse', async () => {
    const { run, setCount } = await checkedLab(2)
    setCount(0, 100)
    setCount(1, 0.8 * max)
    const first = await run('--cron')
    expect(first.exitCode).toBe(10)
    expect(first.stdout).toContain('conntrackctl check: 1 in trouble of 2 hosts')
    expect(first.stdout).toContain('web02')
    expect(await run('--cron')).toEqual({ exitCode: 10, stdout: '', stderr: '' })
    setCount(1, 0.95 * max)
    expect((await run('--cron')).stdout).toContain('1 in trouble of 2 hosts')
    setCount(1, 100)
    const over = await run('--cron')
    expect(over.exitCode).toBe(0)
    expect(over.stdout).toContain('web02: recovered')
  })
})

test.each([
  [['--warn', '95'], 64, '--warn 95 is above --critical 90'],
  [['--warn', '0'], 64, 'A whole number from 1 to 100 is expected.'],
  [['nobody'], 65, 'nobody'],
])('check %j is refused', async (words, exitCode, message) => {
  const ended = await runProgram(['check', ...words, '-i', 'web01,'])
  expect(ended.exitCode).toBe(exitCode)
  expect(ended.stderr).toContain(message)
})
