import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import { openLogFile } from '../../../src/record/log-file.ts'
import { type LogLine, logLineSchema } from '../../../src/report/log-line-schema.ts'
import { runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'
import { runHere } from './run-here.ts'

const web = conditions.filter(({ name }) => name === 'web')

function linesOf(file: string): readonly LogLine[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => logLineSchema.parse(JSON.parse(line)))
}

test('a log tells a run from its start to its end, and no secret', async () => {
  const { inventoryFile } = await freshLab({
    conditions: web,
    copies: 3,
    faults: { web03: { kind: 'down' } },
  })
  const folder = labFolder()
  const playbook = join(folder, 'raise.yml')
  const log = join(folder, 'log.jsonl')
  writeFileSync(log, '{"earlier":true}\n')
  writeFileSync(
    playbook,
    '- name: Waves\n  hosts: all\n  serial: [1, 1, 1]\n  conntrack: {max: 300000, hashsize: 65536}\n',
  )
  const words = ['apply', playbook, '-i', inventoryFile, '--state-dir', join(folder, 'state')]
  const secret = 'hunter2-in-the-clear'
  const ended = await runProgram([...words, '--log-file', log, '-e', `password=${secret}`, '-vvv'])
  expect(ended.exitCode).toBe(3)

  const text = readFileSync(log, 'utf8')
  expect(text).toMatch(/^\{"earlier":true\}\n/)
  writeFileSync(log, text.replace(/^.*\n/, ''))
  const lines = linesOf(log)
  const [first] = lines
  const last = lines.at(-1)
  expect(first).toMatchObject({ event: 'run_started', command: 'apply', playbook })
  expect(last).toMatchObject({ event: 'run_finished', exit_code: 3, totals: { changed: 2, unreachable: 1 } })
  expect(new Set(lines.map(({ run }) => run)).size).toBe(1)
  const web01 = lines.filter((line) => 'host' in line && line.host === 'web01')
  expect(web01.map((line) => (line.event === 'host_stage' ? line.stage : line.event))).toEqual([
    ...['connect', 'read', 'host_planned', 'apply', 'host_result'],
  ])
  expect(lines.filter(({ event }) => event === 'batch_started')).toHaveLength(3)
  expect(lines.flatMap((line) => (line.event === 'gate' ? [line.opened] : []))).toEqual([true, true])
  const planned = lines.find(({ event }) => event === 'host_planned')
  expect(planned).toMatchObject({
    changes: expect.arrayContaining([
      { kind: 'live', key: 'net.netfilter.nf_conntrack_max', before: expect.any(String), after: '300000' },
      { kind: 'file', key: '/etc/sysctl.d/zz-conntrackctl.conf' },
    ]),
  })

  for (const where of [text, ended.stdout, ended.stderr]) expect(where).not.toContain(secret)
  // -vvv: each step as it happens, the way there, and the values, all on stderr.
  expect(ended.stderr).toMatch(/^ +\d+\.\d{3} web01: connect root@127\.\d+\.\d+\.\d+:\d+, keys \S+$/m)
  expect(ended.stderr).toMatch(
    /^ +\d+\.\d{3} web01: {3}live net\.netfilter\.nf_conntrack_max: \d+ -> 300000$/m,
  )
  expect(ended.stdout).not.toMatch(/connect root@/)
})

test('-v is for the report, -vv for the steps, -vvv for the ways and values', async () => {
  const { inventoryFile } = await freshLab({ conditions: web, copies: 1 })
  const folder = labFolder()
  const playbook = join(folder, 'raise.yml')
  writeFileSync(playbook, '- hosts: all\n  conntrack: {max: 300000}\n')
  const run = (level: string) =>
    runHere(['plan', playbook, '-i', inventoryFile, '--state-dir', join(folder, 'state'), level])
  const [one, two, three] = [await run('-v'), await run('-vv'), await run('-vvv')]
  expect(one.stderr).not.toContain('web01: connect')
  expect(two.stderr).toMatch(/^ +\d+\.\d{3} web01: connect$/m)
  expect(three.stderr).toMatch(/^ +\d+\.\d{3} web01: connect root@/m)
  expect(three.stderr).toMatch(/web01: pending; Linux \S+, \d+ of \d+ entries, \d+ buckets$/m)
})

test('a log that cannot be opened stops a run before any host', async () => {
  const { exitCode, stderr } = await runHere([
    'plan',
    'playbooks/prevent.yml',
    '-i',
    '127.0.0.1:1,',
    '--log-file',
    '/nonexistent/log',
    '--state-dir',
    labFolder(),
  ])
  expect(exitCode).toBe(64)
  expect(stderr).toMatch(/--log-file \/.*: no such file or directory; name a file/)
})

describe('the file', () => {
  test('that was moved away is begun anew, and the old one keeps what it has', async () => {
    const path = join(labFolder(), 'log')
    using log = openLogFile(path)
    log.write({ line: 1 })
    renameSync(path, `${path}.1`)
    await expect
      .poll(
        () => {
          log.write({ line: 2 })
          return statSync(path, { throwIfNoEntry: false })?.size ?? 0
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0)
    expect(readFileSync(`${path}.1`, 'utf8')).toMatch(/^\{"line":1\}\n/)
    expect(readFileSync(path, 'utf8')).toMatch(/^(?:\{"line":2\}\n)+$/)
    expect(log.problem).toBeNull()
  })

  test('on a full disk loses lines and says so, and never throws', () => {
    using log = openLogFile('/dev/full')
    log.write({ line: 1 })
    expect(log.problem).toMatch(/full: no space left on device$/)
  })
})
