import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { runDemo } from '../../../src/lab/run-demo.ts'
import { freshLab, labFolder, never } from './fresh-lab.ts'

/** Built by `npm test` before it begins, or by `npm run build`. */
const program = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))

test('the demo shows the main job on all hosts, and that a second apply changes nothing', () => {
  expect(existsSync(program), 'the program is built').toBe(true)
  const temporary = labFolder()
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'lab', '--demo'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: temporary, TMPDIR: temporary },
  })
  expect(stderr).not.toContain('demo:')
  expect(status).toBe(0)
  const commands = stdout.match(/^\$ .*$/gm)
  expect(commands).toEqual(
    ['plan', 'apply', 'verify', 'apply'].map(
      (command) => `$ conntrackctl ${command} playbooks/relieve-now.yml -i lab.yml --state-dir state`,
    ),
  )
  expect(stdout.match(/^exit status \d+$/gm)).toEqual(Array.from({ length: 4 }, () => 'exit status 4'))
  expect(stdout.match(/changed=\d+ pending=\d+/g)).toEqual([
    'changed=0 pending=11',
    'changed=10 pending=0',
    'changed=0 pending=0',
    'changed=0 pending=0',
  ])
  expect(stdout).toMatch(/the second apply changed\s+not one byte on any of them\.\n$/)
  expect(readdirSync(temporary), 'the lab is gone').toEqual([])
})

test('a demo whose reader has seen enough leaves nothing behind', () => {
  const temporary = labFolder()
  const { status } = spawnSync(
    '/bin/sh',
    ['-c', `"$1" "$2" lab --demo | head -n 3`, 'sh', process.execPath, program],
    {
      env: { PATH: process.env['PATH'], HOME: temporary, TMPDIR: temporary },
    },
  )
  expect(status).toBe(0)
  expect(readdirSync(temporary)).toEqual([])
})

describe('the demo says so when the program does not do as it should', () => {
  const web = conditions.filter(({ name }) => name === 'web')

  /** Runs the demo with another program in the place of ours, whose text is given, on two hosts. */
  async function demoOf(text: string): Promise<readonly string[]> {
    const lab = await freshLab({ conditions: web, copies: 2 })
    const folder = dirname(lab.inventoryFile)
    writeFileSync(join(folder, 'program.mjs'), `import * as fs from 'node:fs'\n${text}`)
    return await runDemo({
      hosts: lab.hosts,
      folder,
      program: join(folder, 'program.mjs'),
      env: {},
      write: () => {},
      stopping: never,
    })
  }

  test('one that does nothing and is content', async () => {
    expect(await demoOf('')).toEqual([
      'plan (command 1 of 4) ended with 0 instead of 10',
      'apply (command 2 of 4) left web[01-02] as it was',
      'apply (command 2 of 4) left no record',
      'apply (command 4 of 4) left no record',
    ])
  })

  test('one that changes a host at every turn', async () => {
    const wrong = await demoOf(`fs.appendFileSync('hosts/web02/etc/hostname', '.')`)
    expect(wrong).toContain('plan (command 1 of 4) changed files of web02')
    expect(wrong).toContain('apply (command 2 of 4) left web01 as it was')
    expect(wrong).toContain('verify (command 3 of 4) changed files of web02')
    expect(wrong).toContain('apply (command 4 of 4) changed files of web02')
  })

  test('one that records another outcome than the hosts have', async () => {
    const wrong = await demoOf(`
      const command = process.argv[2]
      const run = '20261122T19000' + Math.min(9, process.hrtime()[1] % 10) + 'Z-' + process.pid.toString(16).padStart(4, '0').slice(-4)
      const start = {version: 1, run, command, playbook: 'x', started: '2026-11-22T19:00:00.000Z'}
      const folder = 'state/runs/' + run
      fs.mkdirSync(folder, {recursive: true})
      fs.writeFileSync(folder + '/run.json', JSON.stringify({...start, inventory: [], arguments: [],
        controller: {host: 'x', user: 'x', pid: 1, version: '0'}}))
      const host = {host: 'web01', play: 'x', status: 'skipped', facts: null, changes: [], findings: [], error: null}
      fs.writeFileSync(folder + '/result.json', JSON.stringify({...start, finished: start.started, hosts: [host],
        totals: {ok: 0, changed: 0, pending: 0, failed: 0, unreachable: 0, skipped: 1, unsupported: 0, unknown: 0}}))
    `)
    expect(wrong).toContain('apply (command 4 of 4) recorded web01 as skipped instead of ok')
    expect(wrong).toContain('apply (command 4 of 4) recorded web02 as nothing instead of ok')
  })

  test('one that crashes', async () => {
    expect(await demoOf('process.kill(process.pid)')).toContain(
      'verify (command 3 of 4) ended with 1 instead of 0',
    )
  })
})
