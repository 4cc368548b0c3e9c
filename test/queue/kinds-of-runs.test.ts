import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { loginFolder, startLoginHost } from '../hosts/login-sshd.ts'
import { type Rig, startHosts } from '../hosts/rig/rig.mjs'
import { newKey, type OwnRedis, ownRedis, resultOf, type Running, runProgram, until } from './queue-rig.ts'

/** What a run can be besides plain, with runners: confirmed, with rules of a firewall, through bastions, unattended. */

const max = '/proc/sys/net/netfilter/nf_conntrack_max'
const program = join(import.meta.dirname, '../../dist/cli.js')

const nftConf = `flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state vmap { established : accept, related : accept, invalid : drop }
		tcp dport { 22, 8080 } ct state new accept
	}
}
`
/** Lets the first session in, and no other. */
const onlyOnce =
  'ForceCommand if mkdir /run/once 2>/dev/null; then eval "$SSH_ORIGINAL_COMMAND"; else exit 1; fi'

let rig: Rig
let redis: OwnRedis
let folder: string
const running: Running[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-kinds-'))
  rig = await startHosts([
    { name: 'plain' },
    { name: 'shuts', sshd: [onlyOnce] },
    {
      name: 'rules',
      files: {
        '/etc/nftables.conf': nftConf,
        '/etc/systemd/system/multi-user.target.wants/nftables.service': {
          link: '/lib/systemd/system/nftables.service',
        },
      },
    },
  ])
  await rig.host('rules').exec('nft -f /etc/nftables.conf')
  for (const name of ['coordinator', 'runner']) newKey(folder, name)
  const rows = rig.hosts.map(
    ({ name, address, port }) => `    ${name}: {ansible_host: ${address}, ansible_port: ${port}}\n`,
  )
  writeFileSync(join(folder, 'hosts.yml'), `all:\n  vars: {zone: lab}\n  hosts:\n${rows.join('')}`)
})
beforeEach(async () => {
  redis = await ownRedis()
})
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  await redis.remove()
})
afterAll(async () => {
  await rig?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Starts a runner with a home of its own, and waits until it serves. */
async function startRunner(sshConfig = ''): Promise<Running> {
  const home = mkdtempSync(join(folder, 'home-'))
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  const known = `Host 127.*\n  UserKnownHostsFile ${rig.knownHosts}\n  IdentityFile ${rig.identityFile}\n`
  writeFileSync(join(home, '.ssh', 'config'), `${sshConfig}${known}`)
  const runner = runProgram(
    [
      ...['worker', '--queue', redis.address, '--zone', 'lab', '--signing-key', join(folder, 'runner')],
      ...['--trust', join(folder, 'coordinator.pub'), '-u', 'root', '-T', '60', '--login-timeout', '60'],
    ],
    { HOME: home },
  )
  running.push(runner)
  await until(() => runner.said.stderr.includes('serves the zone'), 'a runner serves', 60)
  return runner
}

function playbook(name: string, text: string): string {
  const file = join(folder, `${name}.yml`)
  writeFileSync(file, text)
  return file
}

/** What every coordinator is told. */
const common = (): readonly string[] => [
  ...['--queue', redis.address, '--signing-key', join(folder, 'coordinator'), '--runner-timeout', '20s'],
  ...['--trust', join(folder, 'runner.pub'), '--state-dir', join(folder, 'state')],
]

async function run(command: string, what: string, words: readonly string[] = []): Promise<Running> {
  const inventory = command === 'rollback' ? [] : ['-i', join(folder, 'hosts.yml')]
  const started = runProgram([command, what, ...inventory, ...common(), '--output', 'json', ...words])
  running.push(started)
  await started.ended
  return started
}

const maxOf = async (name: string): Promise<string> => (await rig.host(name).readFile(max)).trim()

test('changes are confirmed over a new connection of the runner, or the host puts back; rules come and go', async () => {
  await startRunner()
  const before = await maxOf('shuts')
  const rules = async (): Promise<string> => (await rig.host('rules').exec('nft -s list ruleset')).stdout
  const file = playbook(
    'several',
    `- {name: sure, hosts: plain, confirm_within: 60s, conntrack: {max: 300000}}
- {name: shut, hosts: shuts, confirm_within: 5s, conntrack: {max: 300000}}
- {name: rules, hosts: rules, confirm_within: 60s, notrack: [{port: 8080, protocol: tcp}]}
`,
  )
  const applied = await run('apply', file)
  const result = resultOf(applied)
  const told = result.hosts.map(({ host, status, error, confirmation }) => [
    ...[host, status, error?.kind ?? null],
    confirmation?.state,
  ])
  expect(told, applied.said.stderr).toEqual([
    ['plain', 'changed', null, 'confirmed'],
    ['shuts', 'failed', 'not_confirmed', expect.stringMatching(/reverted|unconfirmed/)],
    ['rules', 'changed', null, 'confirmed'],
  ])
  expect(await maxOf('plain')).toBe('300000')
  await expect.poll(() => maxOf('shuts'), { timeout: 20_000 }).toBe(before)
  await expect
    .poll(async () => (await rig.host('shuts').exec('ls /etc/sysctl.d')).stdout)
    .not.toContain('conntrackctl')
  expect(await rules()).toMatch(/8080 notrack/)
  expect(await rig.host('rules').exec('cat /etc/nftables.conf /etc/nftables.d/*')).toMatchObject({
    stdout: expect.stringContaining('notrack'),
  })
  const again = await run('apply', file, ['--limit', 'plain,rules'])
  expect(await again.ended).toBe(0)
  expect(resultOf(again).totals).toMatchObject({ ok: 2, changed: 0 })

  const back = await run('rollback', result.run, ['--limit', 'plain,rules'])
  expect(await back.ended, back.said.stderr + back.said.stdout).toBe(0)
  expect(await rules()).not.toContain('notrack')
  expect(await maxOf('plain')).toBe(before)
})

test('a bastion of the runner’s own ssh_config is logged in to once for all hosts behind it', async () => {
  const login = loginFolder()
  const bastion = await startLoginHost(login.folder, ['LogLevel VERBOSE'])
  try {
    const known = join(login.folder, 'known')
    writeFileSync(
      known,
      `[127.0.0.1]:${bastion.port} ${readFileSync(join(login.folder, 'host.pub'), 'utf8')}`,
    )
    await startRunner(`Host bastion
  HostName 127.0.0.1
  Port ${bastion.port}
  IdentityFile ${join(login.folder, 'user')}
  UserKnownHostsFile ${known}
Host 127.*
  ProxyJump bastion
`)
    const accepted = (): number => bastion.log().match(/Accepted publickey/g)?.length ?? 0
    const file = playbook('behind', '- {hosts: "plain:rules", conntrack: {max: 310000}}\n')
    const applied = await run('apply', file)
    expect(await applied.ended, applied.said.stderr + applied.said.stdout).toBe(0)
    expect(accepted()).toBe(1)
    expect([await maxOf('plain'), await maxOf('rules')]).toEqual(['310000', '310000'])

    // What confirms goes all the way anew.
    const sure = playbook('sure', '- {hosts: plain, confirm_within: 60s, conntrack: {max: 320000}}\n')
    const confirmed = await run('apply', sure)
    expect(resultOf(confirmed).hosts[0]?.confirmation?.state, confirmed.said.stderr).toBe('confirmed')
    expect(accepted()).toBe(3)

    bastion.stop()
    await until(() => bastion.log().includes('terminating'), 'the bastion is gone')
    const cut = await run('verify', sure)
    expect(await cut.ended).toBe(3)
    expect(resultOf(cut).hosts[0]?.error).toMatchObject({ message: expect.stringContaining('bastion') })
  } finally {
    login.remove()
  }
})

test('unattended: silent when all is well, a queue that is away is told once, and a job of cron needs nothing else', async () => {
  const runner = await startRunner()
  const file = playbook('cron', '- {hosts: plain, conntrack: {max: 330000}}\n')
  const cron = async (): Promise<{ code: number | null; out: string; err: string }> => {
    const once = runProgram(['apply', file, '-i', join(folder, 'hosts.yml'), ...common(), '--cron'])
    running.push(once)
    return { code: await once.ended, out: once.said.stdout, err: once.said.stderr }
  }
  const silent = { code: 0, out: '', err: '' }
  expect(await cron()).toMatchObject({ code: 0, out: expect.stringMatching(/plain/) })
  expect(await maxOf('plain')).toBe('330000')
  expect(await cron()).toEqual(silent)

  await redis.stop()
  expect(await cron()).toMatchObject({
    code: 69,
    err: expect.stringMatching(/the queue unix:\S+ cannot be used: nobody answers there/),
  })
  expect(await cron()).toEqual({ ...silent, code: 69 })
  await redis.start()
  await until(() => runner.said.stderr.includes('the queue can be used again'), 'the runner is back')
  expect(await cron()).toMatchObject({ code: 0, out: expect.stringMatching(/it can run again; until now/) })

  // Made in a folder, with paths from there; run elsewhere, with what cron gives.
  const words = ['schedule', 'cron.yml', '-i', 'hosts.yml', '--every', '15m', '--queue', redis.address]
  const keys = ['--signing-key', 'coordinator', '--trust', 'runner.pub', '--state-dir', 'state']
  const made = await inFolder([...words, ...keys])
  expect(made).toMatchObject({ code: 0, stderr: '' })
  const line = /^\*\/15 \* \* \* \* (.*)$/m.exec(made.stdout)?.[1] ?? ''
  const ran = await sh(line.replaceAll(String.raw`\%`, '%'))
  expect(ran).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(line).toContain(`--signing-key ${join(folder, 'coordinator')}`)
  const unit = await inFolder([...words, ...keys, '--systemd'])
  expect(unit.stdout).toContain(`--queue ${redis.address}`)

  const password = await inFolder([...words, ...keys], { CONNTRACKCTL_QUEUE_PASSWORD: 'hunter22' })
  expect(password.code).toBe(64)
  expect(password.stderr).toMatch(/a job does not have CONNTRACKCTL_QUEUE_PASSWORD .*--queue-password-file/)
  const unsigned = await inFolder([...words, '--trust', 'runner.pub'])
  expect(unsigned.code).toBe(64)
  expect(unsigned.stderr).toContain('--signing-key is missing')
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const inFolder = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  finish(process.execPath, [program, ...words], folder, { HOME: '/nonexistent', ...env })

const sh = (line: string): Promise<Ended> => finish('/bin/sh', ['-c', line], '/', { HOME: '/nonexistent' })

function finish(
  file: string,
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, words, { cwd, env: { PATH: process.env['PATH'], ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}
