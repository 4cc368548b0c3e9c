import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'
import { newKeyPair } from '../../src/lab/keys.ts'
import type { HostResult } from '../../src/report/host-result.ts'
import { runProgram } from './run-program.ts'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const forks = 3
const hosts = 9

function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrackctl signals-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'play.yml'), '- hosts: all\n  conntrack: { max: 262144 }\n')
  return folder
}

function recordsIn(folder: string): string[] {
  return readdirSync(join(folder, 'state', 'runs')).sort()
}

/** Runs against hosts that let nobody hear of them, gets signalled once some are begun, and gives what is left of it. */
async function signalled(signals: readonly NodeJS.Signals[], loginSeconds: number) {
  const folder = workFolder()
  const open = new Set<Socket>()
  let begun = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {}).resume()
    begun += 1
    if (begun === forks) signals.forEach((signal, index) => setTimeout(() => child.kill(signal), 500 * index))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const names = Array.from(
    { length: hosts },
    (_, index) => `h${index} ansible_host=127.0.0.1 ansible_port=${port}`,
  )
  writeFileSync(join(folder, 'hosts.ini'), `${names.join('\n')}\n`)
  writeFileSync(join(folder, 'key'), newKeyPair().privateText, { mode: 0o600 })
  const words = ['apply', 'play.yml', '-i', 'hosts.ini', '-f', `${forks}`, '--retries', '0', '-o', 'json']
  const child = spawn(
    process.execPath,
    [program, ...words, '--private-key', 'key', '--login-timeout', `${loginSeconds}`, '--state-dir', 'state'],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  const [run = ''] = recordsIn(folder)
  const record = JSON.parse(readFileSync(join(folder, 'state', 'runs', run, 'result.json'), 'utf8'))
  const result = JSON.parse(stdout) as { hosts: HostResult[]; totals: Record<string, number> }
  expect(record).toEqual(result)
  expect(readdirSync(join(folder, 'state', 'runs', run)).filter((name) => name.startsWith('.'))).toEqual([])
  return { code, result, stderr, begun }
}

test.each([
  ['SIGINT', exitCodes.interrupted.code],
  ['SIGTERM', exitCodes.terminated.code],
  ['SIGHUP', exitCodes.terminated.code],
] as const)(
  '%s once: no new hosts, those under way end, the report says which were not reached',
  async (signal, status) => {
    const { code, result, stderr, begun } = await signalled([signal], 2)
    expect(code).toBe(status)
    expect(begun).toBe(forks)
    expect(result.totals).toMatchObject({ unreachable: forks, skipped: hosts - forks, ok: 0 })
    expect(result.hosts.flatMap(({ findings }) => findings.map((finding) => finding.code))).toEqual(
      Array.from({ length: hosts - forks }, () => 'not-reached'),
    )
    expect(result.hosts[0]?.error?.kind).toBe('timeout')
    expect(stderr).toContain('stopping: no new hosts')
  },
)

test('SIGINT twice: those under way are cut off at once', async () => {
  const { code, result } = await signalled(['SIGINT', 'SIGINT'], 3000)
  expect(code).toBe(exitCodes.interrupted.code)
  expect(result.totals).toMatchObject({ skipped: hosts - forks })
  expect(result.hosts[0]?.error?.kind).toBe('cancelled')
})

test('a state folder that cannot be written is told of before any host is contacted', async () => {
  const folder = workFolder()
  const words = ['apply', 'play.yml', '-i', 'h1,', '--state-dir', '/proc/nothing']
  const { exitCode, stderr, stdout } = await runProgram(words, { cwd: folder })
  expect(exitCode).toBe(exitCodes.usage.code)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/no record of this run can be kept: .*--state-dir/)
})

test('--rerun and --limit @failed take the hosts of the last run, a list that shrinks', async () => {
  const folder = workFolder()
  writeFileSync(
    join(folder, 'hosts.ini'),
    ['a', 'b', 'c'].map((name) => `${name} ansible_host=127.0.0.1 ansible_port=1\n`).join(''),
  )
  const run = async (...words: string[]) => {
    const always = ['apply', 'play.yml', '-i', 'hosts.ini', '--state-dir', 'state', '-o', 'json']
    const { exitCode, stdout, stderr } = await runProgram([...always, ...words], { cwd: folder })
    const names = stdout === '' ? [] : (JSON.parse(stdout).hosts as HostResult[]).map(({ host }) => host)
    return { exitCode, names, stderr }
  }
  expect((await run('--rerun', 'failed')).stderr).toContain('no run of play.yml has a record')
  expect((await run()).names).toEqual(['a', 'b', 'c'])
  expect((await run('-l', '@failed:!c')).names).toEqual(['a', 'b'])
  expect((await run('--rerun', 'unreachable')).names).toEqual(['a', 'b'])
  expect((await run('--rerun', 'failed', '-l', 'b')).names).toEqual(['b'])
  expect((await run('--rerun', 'failed')).names).toEqual(['b'])
  const [first = ''] = recordsIn(folder)
  expect((await run('--rerun', `failed@${first}`)).names).toEqual(['a', 'b', 'c'])
  expect(await run('--rerun', 'changed')).toMatchObject({
    exitCode: exitCodes.usage.code,
    stderr: expect.stringContaining('no host is changed in that run'),
  })
  expect((await run('--rerun', 'broken')).exitCode).toBe(exitCodes.usage.code)
})

test('check, diagnose and watch take hosts of the last run of a playbook, not of an earlier look', async () => {
  const folder = workFolder()
  const words = ['-i', 'a,b,c,', '-e', 'ansible_host=127.0.0.1', '-e', 'ansible_port=1', '--retries', '0']
  const run = (...more: string[]) => runProgram([...more, ...words, '--state-dir', 'state'], { cwd: folder })
  expect((await run('watch', '--once', '--rerun', 'failed')).stderr).toContain(
    'no run of a playbook has a record',
  )
  await run('apply', 'play.yml', '-l', 'a,b', '-o', 'json')
  for (const command of ['check', 'diagnose']) {
    const { stdout } = await run(command, '-l', '@failed:!a', '-o', 'json')
    expect(
      (JSON.parse(stdout).hosts as HostResult[]).map(({ host }) => host),
      command,
    ).toEqual(['b'])
  }
  const { stdout, exitCode } = await run('watch', '--once', '-o', 'jsonl', '--rerun', 'unreachable')
  const seen = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).host as string)
  expect([exitCode, seen.toSorted()]).toEqual([exitCodes.unreachable.code, ['a', 'b']])
})
