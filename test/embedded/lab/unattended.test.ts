import type { ChildProcess } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { conditions } from '../../../src/lab/conditions.ts'
import type { Fault } from '../../../src/lab/fault.ts'
import type { Lab } from '../../../src/lab/start-lab.ts'
import { type Ended, runProgram } from '../../golden/run-program.ts'
import { freshLab, labFolder } from './fresh-lab.ts'
import { runHere } from './run-here.ts'

const web = conditions.filter(({ name }) => name === 'web')
const maxFile = 'proc/sys/net/netfilter/nf_conntrack_max'

interface Scheduled {
  readonly lab: Lab
  readonly state: string
  readonly run: (...words: string[]) => Promise<Ended>
  /** The same as a process of its own. */
  readonly start: (...words: string[]) => Promise<Ended>
  readonly children: ChildProcess[]
}

async function scheduled(copies: number, faults: Readonly<Record<string, Fault>> = {}): Promise<Scheduled> {
  const lab = await freshLab({ conditions: web, copies, faults })
  const folder = labFolder()
  const playbook = join(folder, 'raise.yml')
  const state = join(folder, 'state')
  writeFileSync(playbook, '- hosts: all\n  conntrack: {max: 300000, hashsize: 65536}\n')
  const children: ChildProcess[] = []
  const common = ['apply', playbook, '-i', lab.inventoryFile, '--cron', '--state-dir', state]
  // What cron gives, and nothing else.
  const env = { PATH: '/usr/bin:/bin', HOME: folder, SHELL: '/bin/sh', LOGNAME: 'nobody' }
  return {
    lab,
    state,
    children,
    run: (...words) => runHere([...common, ...words], { env }),
    start: (...words) => runProgram([...common, ...words], { env, onStart: (child) => children.push(child) }),
  }
}

const silent = { exitCode: 0, stdout: '', stderr: '' }

describe('mails', () => {
  test('one when hosts are changed, none while all is as wished, one for drift', async () => {
    const { lab, start: run } = await scheduled(3)
    const first = await run()
    expect(first.exitCode).toBe(0)
    expect(first.stdout).toMatch(/^conntrackctl apply \S+raise\.yml: 3 changed of 3 hosts\n/)
    expect(first.stdout).toContain('web[01-03]: changed (3 hosts)')
    expect(first.stderr).toBe('')
    expect(await run()).toEqual(silent)
    expect(await run()).toEqual(silent)

    writeFileSync(join(lab.hosts[1]?.root ?? '', maxFile), '1000\n')
    const drift = await run()
    expect(drift).toMatchObject({ exitCode: 0, stderr: '' })
    expect(drift.stdout).toContain('1 changed of 3 hosts')
    expect(drift.stdout).toContain('web02: changed')
    expect(readFileSync(join(lab.hosts[1]?.root ?? '', maxFile), 'utf8')).toBe('300000\n')
    expect(await run()).toEqual(silent)
  })

  test('a host that stays down is one mail; its exit status stays', async () => {
    const { run } = await scheduled(2, { web01: { kind: 'down' } })
    const first = await run()
    expect(first.exitCode).toBe(3)
    expect(first.stdout).toContain('1 in trouble, 1 changed of 2 hosts')
    expect(first.stdout).toContain('web01: unreachable')
    for (let again = 0; again < 2; again += 1)
      expect(await run()).toEqual({ exitCode: 3, stdout: '', stderr: '' })
  })

  test('a playbook that cannot be used is told once, and once more when it can', async () => {
    const { state, run } = await scheduled(1)
    expect((await run()).exitCode).toBe(0)
    const file = join(state, '..', 'raise.yml')
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, '- hosts: all\n  conntrack: {max: 64k}\n')
    const first = await run()
    expect(first.exitCode).toBe(65)
    expect(first.stderr).toContain('raise.yml:2:20')
    expect(await run()).toEqual({ exitCode: 65, stdout: '', stderr: '' })
    // Another fault is news.
    writeFileSync(file, '- hosts: all\n  conntrack: {max: 65k}\n')
    expect((await run()).stderr).toContain('raise.yml:2:20')
    writeFileSync(file, good)
    const healed = await run()
    expect(healed).toMatchObject({ exitCode: 0, stderr: '' })
    expect(healed.stdout).toMatch(/^it can run again; until now: .*raise\.yml:2:20/m)
    expect(await run()).toEqual(silent)
  })

  test('two jobs that run a playbook on different hosts do not forget for each other', async () => {
    const { run } = await scheduled(2, { web01: { kind: 'down' } })
    expect((await run('--limit', 'web01')).stdout).toContain('web01: unreachable')
    expect((await run('--limit', 'web02')).stdout).toContain('web02: changed')
    expect(await run('--limit', 'web01')).toEqual({ exitCode: 3, stdout: '', stderr: '' })
    expect(await run('--limit', 'web02')).toEqual(silent)
  })

  test('with --diff the mail has the lines that were changed', async () => {
    const { run } = await scheduled(1)
    expect((await run('--diff')).stdout).toMatch(/^ *\+.*nf_conntrack_max = 300000$/m)
  })
})

test('two runs at once: the second ends with 75 and says who holds the lock, which goes with that run', async () => {
  const { run, start, children } = await scheduled(1, { web01: { kind: 'hangs', at: 'banner' } })
  const runs = [1, 2].map(() => start('--login-timeout', '120', '--retries', '0'))
  const refused = await Promise.race(runs)
  expect(refused.exitCode).toBe(75)
  expect(refused.stdout).toBe('')
  expect(refused.stderr).toMatch(/raise\.yml is being run already, by run \S+ of \S+ \(pid \d+, since /)
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(runs)
  expect((await run('--login-timeout', '1', '--retries', '0')).exitCode).toBe(3)
})

test('a second run that waits gets its turn', async () => {
  const { start } = await scheduled(1, { web01: { kind: 'hangs', at: 'banner' } })
  const ends = await Promise.all(
    [1, 2].map(() => start('--login-timeout', '1', '--retries', '0', '--lock-wait', '1m')),
  )
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([3, 3])
})

test('old records go, as many as asked for stay', async () => {
  const { state, run } = await scheduled(1)
  for (let again = 0; again < 4; again += 1) await run('--keep', '2')
  expect(readdirSync(join(state, 'runs'))).toHaveLength(2)
})

interface Received {
  readonly path: string
  readonly body: string
}

async function webServer(status = 200): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      received.push({ path: request.url ?? '', body })
      response.writeHead(status).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

describe('those who are to be told', () => {
  test('a monitor hears of the start and of the end, with the mail', async () => {
    const { url, received } = await webServer()
    const { run } = await scheduled(1)
    await run('--ping-url', `${url}/token-5eb3/`)
    expect(received.map(({ path }) => path)).toEqual(['/token-5eb3/start', '/token-5eb3/0'])
    expect(received[1]?.body).toContain('1 changed of 1 hosts')
    received.length = 0
    expect(await run('--ping-url', `${url}/token-5eb3/`)).toEqual(silent)
    // A monitor keeps what each run says, though nobody is mailed.
    expect(received.map(({ path }) => path)).toEqual(['/token-5eb3/start', '/token-5eb3/0'])
    expect(received[1]?.body).toMatch(/^conntrackctl apply \S+: nothing to tell of 1 hosts\n/)
  })

  test('an address may stand in a file, which keeps it out of the list of processes', async () => {
    const { url, received } = await webServer()
    const { state, run } = await scheduled(1)
    const file = join(state, '..', 'ping-url')
    writeFileSync(file, `${url}/token-5eb3\n`)
    expect((await run('--ping-url', `@${file}`)).exitCode).toBe(0)
    expect(received.map(({ path }) => path)).toEqual(['/token-5eb3/start', '/token-5eb3/0'])
    writeFileSync(file, 'no address\n')
    const { exitCode, stderr } = await run('--ping-url', `@${file}`)
    expect(exitCode).toBe(64)
    expect(stderr).toContain('has no address in its first line')
  })

  test('a monitor that does not answer changes nothing, and its address is not told', async () => {
    const { url } = await webServer(404)
    const { state, run } = await scheduled(1)
    const { exitCode, stdout, stderr } = await run('--ping-url', `${url}/token-5eb3`)
    expect(exitCode).toBe(0)
    expect(stdout).toContain('1 changed')
    expect(stderr).toContain('the ping to 127.0.0.1:')
    expect(stderr).not.toContain('token-5eb3')
    const [folder = ''] = readdirSync(join(state, 'runs'))
    const record = readFileSync(join(state, 'runs', folder, 'run.json'), 'utf8')
    expect(record).toContain('"--ping-url","***"')
    expect(record).not.toContain('token-5eb3')
  })

  test('a webhook and a program get the same notice, when there is one', async () => {
    const { url, received } = await webServer()
    const { state, run } = await scheduled(2, { web02: { kind: 'down' } })
    const file = join(state, '..', 'notices')
    const words = ['--notify-url', url, '--notify-command', `cat >>'${file}'`]
    await run(...words)
    await run(...words)
    expect(received).toHaveLength(1)
    const notice: unknown = JSON.parse(received[0]?.body ?? '')
    expect(notice).toMatchObject({
      command: 'apply',
      changed: ['web01'],
      failed: [{ host: 'web02', status: 'unreachable', kind: 'refused' }],
      recovered: [],
    })
    expect(readFileSync(file, 'utf8')).toBe(`${received[0]?.body}\n`)
  })
})

test('a form for programs is refused, since what is printed is mailed', async () => {
  const { exitCode, stdout } = await runHere(['plan', 'p.yml', '-i', 'a,', '--cron', '-o', 'json'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: '' })
})

test('options of unattended runs are refused without --cron', async () => {
  const { exitCode, stderr } = await runHere(['plan', 'p.yml', '-i', 'a,', '--splay', '5m', '--keep', '9'])
  expect(exitCode).toBe(64)
  expect(stderr).toContain('--splay, --keep goes with --cron only')
})
