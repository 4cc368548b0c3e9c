import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportFormats } from '../../src/commands/report-formats.ts'
import { loginFolder, loginHostSpec, password } from '../hosts/login-sshd.ts'
import { type Rig, startHosts } from '../hosts/rig/rig.mjs'
import { sampleProcesses } from '../hosts/sample-processes.ts'
import { expectNoSecrets, findingsIn, type Trace } from '../hosts/secret-search.ts'
import { newKey, type OwnRedis, ownRedis, resultOf, type Running, runProgram, until } from './queue-rig.ts'

/** A coordinator with a vault and a runner with a password, over a Redis with one: nothing of these is seen anywhere. */

// Of this process alone: what other files of tests give to their own programs meanwhile is no finding.
const own = {
  queue: `qu3ue "of" ${process.pid} $words`,
  vault: `va\\ult 'word' ${process.pid}`,
  hidden: `hidd3n: {in} ${process.pid} the vault`,
  wrong: `wr0ng queue ${process.pid}`,
}

const planted = `pl4nted "by" ${process.pid}`

let rig: Rig
let redis: OwnRedis
let folder: string
let remove: () => void
const running: Running[] = []

beforeAll(async () => {
  ;({ folder, remove } = loginFolder())
  rig = await startHosts(['one', 'two'].map((name) => loginHostSpec(folder, name)))
  for (const name of ['coordinator', 'runner']) newKey(folder, name)
  const file = (name: string, text: string): void =>
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 })
  file('queue-password', own.queue)
  file('wrong-password', own.wrong)
  file('vault-password', own.vault)
  file('become-password', password)
  // The runner's own; what stands in the inventory beside it must not go through Redis.
  mkdirSync(join(folder, 'group_vars/all'), { recursive: true })
  const vars = { ansible_become_password: password, ansible_password: own.hidden, token: own.hidden }
  file('group_vars/all/vault.yml', JSON.stringify(vars))
  execFileSync('ansible-vault', [
    ...['encrypt', '--vault-password-file', join(folder, 'vault-password')],
    join(folder, 'group_vars/all/vault.yml'),
  ])
  const rows = rig.hosts.map(
    ({ name, address, port }) => `    ${name}: {ansible_host: ${address}, ansible_port: ${port}}\n`,
  )
  file(
    'hosts.yml',
    `all:\n  vars: {zone: lab, ansible_user: tess, ansible_become: true}\n  hosts:\n${rows.join('')}`,
  )
  file('play.yml', '- {hosts: all, confirm_within: 60s, conntrack: {max: 300000}}')
  file(
    'known_hosts',
    rig.hosts
      .map(({ address, port }) => `[${address}]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`)
      .join(''),
  )
  redis = await ownRedis()
  await redis.stop()
  // Whatever is written to Redis stands in its file of commands.
  await redis.start(['--appendonly', 'yes', '--appendfsync', 'always'])
  const admin = redis.client()
  await admin.config('SET', 'requirepass', own.queue)
  admin.disconnect()
})
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.map(({ ended }) => ended))
  await redis?.remove()
  await rig?.stop()
  remove()
})

const at = (name: string): string => join(folder, name)

function start(words: readonly string[], queuePassword: string): Running {
  const queue = ['--queue', redis.address, '--queue-password-file', at(queuePassword)]
  const started = runProgram([...words, ...queue])
  running.push(started)
  return started
}

function startRunner(queuePassword: string): Running {
  return start(
    [
      ...['worker', '--zone', 'lab', '--signing-key', at('runner'), '--trust', at('coordinator.pub')],
      ...['--private-key', at('user'), '--become-password-file', at('become-password')],
      ...[
        '--ssh-common-args',
        `-o UserKnownHostsFile=${at('known_hosts')}`,
        '-T',
        '60',
        '--login-timeout',
        '60',
      ],
    ],
    queuePassword,
  )
}

/** Every file below a folder. */
function filesIn(path: string): readonly Trace[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .map((file): Trace => [file.slice(path.length + 1).replace(/\S*\//, ''), readFileSync(file, 'latin1')])
}

test('no password of the queue, a vault, a login or sudo is in Redis, in a process, a log, a record or a report', async () => {
  const sampling = sampleProcesses([process.pid])
  const monitor = spawn('redis-cli', ['-s', redis.socket, 'MONITOR'], {
    env: { ...process.env, REDISCLI_AUTH: own.queue },
  })
  let monitored = ''
  monitor.stdout.on('data', (text: Buffer) => (monitored += text.toString()))
  await until(() => monitored.includes('OK'), 'Redis shows what it is told')
  const runner = startRunner('queue-password')
  await until(() => runner.said.stderr.includes('serves the zone'), 'a runner serves', 60)

  const login = ['--vault-password-file', at('vault-password'), '-i', at('hosts.yml')]
  const signed = ['--signing-key', at('coordinator'), '--trust', at('runner.pub')]
  const kept = ['--state-dir', at('state'), '-vvv', '--output', 'json']
  const run = start(
    ['apply', at('play.yml'), ...login, ...signed, ...kept, '--log-file', at('log')],
    'queue-password',
  )
  expect(await run.ended, run.said.stderr + run.said.stdout).toBe(0)
  expect(resultOf(run).totals).toMatchObject({ changed: 2 })
  for (const { readFile } of rig.hosts)
    expect(await readFile('/proc/sys/net/netfilter/nf_conntrack_max')).toBe('300000\n')

  const wrong = [
    startRunner('wrong-password'),
    start(['plan', at('play.yml'), ...login, ...signed, ...kept], 'wrong-password'),
  ]
  for (const { ended, said } of wrong) {
    expect(await ended).toBe(69)
    expect(said.stderr).toContain('does not take the password')
  }
  const reports: Running[] = reportFormats.map((format) =>
    runProgram(['report', 'last', '--state-dir', at('state'), '--format', format, '-v']),
  )
  for (const { ended } of reports) await ended
  runner.child.kill('SIGTERM')
  expect(await runner.ended).toBe(143)
  const admin = new Redis({ path: redis.socket, password: own.queue })
  await admin.set('planted', JSON.stringify({ sealed: JSON.stringify({ text: planted }) }))
  await until(() => monitored.includes('"planted"'), 'Redis has shown all')
  admin.disconnect()
  monitor.kill()
  const seen = sampling.stop().filter((shown) => !shown.includes('REDISCLI_AUTH='))
  expect(sampling.rounds()).toBeGreaterThan(5)

  const heard: readonly (readonly [string, Running])[] = [
    ...[['the runner', runner] as const, ['the coordinator', run] as const],
    ...wrong.map((one) => ['who had a wrong password', one] as const),
    ...reports.map((one) => ['a report', one] as const),
  ]
  const inRedis = filesIn(redis.folder)
  const traces: readonly Trace[] = [
    ...heard.flatMap(([who, { said }]): Trace[] => [[who, said.stdout + said.stderr]]),
    ['--log-file', readFileSync(at('log'), 'utf8')],
    ...filesIn(at('state')),
    ['MONITOR', monitored],
    ...inRedis,
    ...seen.map((shown): Trace => ['a process', shown]),
    ...(await Promise.all(rig.hosts.map(async ({ log }): Promise<Trace> => ['an sshd', await log()]))),
  ]
  // What went through Redis is searched: jobs, plans, results, and what was planted as they are.
  for (const trace of [
    ['MONITOR', monitored] as const,
    ['files', inRedis.map(([, text]) => text).join('')] as const,
  ]) {
    for (const word of ['planned', 'ended', 'nf_conntrack_max']) expect(trace[1]).toContain(word)
    expect(findingsIn([trace], [planted]), trace[0]).not.toEqual([])
  }
  const keys = ['coordinator', 'runner', 'user'].map(
    (name) => readFileSync(at(name), 'utf8').split('\n').at(-3) ?? '',
  )
  expectNoSecrets(traces, [...Object.values(own), password, ...keys])
})
