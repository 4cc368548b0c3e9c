import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { reportFormats } from '../../src/commands/report-formats.ts'
import { keyIn, operatorFolder, loginHosts, password, startAgent, startLoginHost } from './login-sshd.ts'
import { sampleProcesses } from './sample-processes.ts'

/** The built program, as an operator runs it, at real sshds of all kinds. It only plans: the values are this machine's. */

let folder: string
let home: string
let remove: () => void
beforeAll(() => {
  ;({ folder, home, remove } = operatorFolder())
})
afterAll(() => remove())

// Of this process alone: what other files of tests give to their own programs meanwhile is no finding.
const passphrase = `open sesame ${process.pid}`
const wrong = `wr0ng-password-${process.pid}`
const secrets = [password, passphrase, wrong]

/** Some of what only the owner of a private key may read. */
function keyMaterial(file: string): string {
  return readFileSync(file, 'utf8').split('\n').at(-3) ?? ''
}

/** What each host's sshd has logged, at its most talkative. */
const hostLogs: (() => string)[] = []

interface Run {
  readonly status: number | null
  readonly result: RunResult
  /** Everything that the run left behind or showed, by where: output, errors, logs, records, reports, processes. */
  readonly traces: readonly Trace[]
}

type Trace = readonly [place: string, text: string]

const program = join(import.meta.dirname, '../../dist/cli.js')

async function conntrackctl(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { status, stdout, stderr }
}

async function run(
  command: 'plan' | 'apply' | 'verify',
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const state = join(folder, `state-${Math.random().toString(36).slice(2)}`)
  const log = `${state}.log`
  const always = ['-vvv', '--output', 'json', '--state-dir', state, '--log-file', log]
  const sampling = sampleProcesses([process.pid])
  const { status, stdout, stderr } = await conntrackctl(
    [command, join(folder, 'play.yml'), ...always, ...words],
    env,
  )
  const seen = sampling.stop()
  expect(sampling.rounds()).toBeGreaterThan(5)
  if (!stdout.startsWith('{')) throw new Error(`no result: ${stdout}${stderr}`)
  const traces: Trace[] = [
    ['stdout', stdout],
    ['stderr', stderr],
    ['--log-file', readFileSync(log, 'utf8')],
    ...seen.map((shown): Trace => ['a process', shown]),
    ...hostLogs.map((said): Trace => ['an sshd', said()]),
  ]
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      traces.push([`record ${entry.name}`, readFileSync(join(entry.parentPath, entry.name), 'utf8')])
  for (const format of reportFormats) {
    const report = await conntrackctl(['report', 'last', '--state-dir', state, '--format', format, '-v'])
    if (report.stdout === '') throw new Error(`no report as ${format}: ${report.stderr}`)
    traces.push([`report ${format}`, report.stdout + report.stderr])
  }
  return { status, result: JSON.parse(stdout) as RunResult, traces }
}

/** Forms in which a secret could come back: as it is, in JSON, twice so, in XML, base64, an address, a shell's word. */
function formsOf(secret: string): ReadonlySet<string> {
  const json = JSON.stringify(secret).slice(1, -1)
  return new Set([
    ...[secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret)],
    secret.replaceAll('"', '&quot;'),
    ...[secret, `${secret}\n`, `tess:${secret}`].map((form) => Buffer.from(form).toString('base64')),
    secret.replaceAll(/[^\w]/g, String.raw`\$&`),
  ])
}

function findingsIn(traces: readonly Trace[]): readonly string[] {
  return secrets
    .flatMap((secret) => [...formsOf(secret)])
    .flatMap((form) => traces.filter(([, shown]) => shown.includes(form)))
    .map(([place, shown]) => `${place}: ${shown.slice(0, 2000)}`)
}

function expectNoSecrets(traces: readonly Trace[]): void {
  // The search does find what there is.
  expect(findingsIn([...traces, ['planted', `x${JSON.stringify(password)}`]]).length).toBeGreaterThan(0)
  const findings = findingsIn(traces)
  const kinds = new Map<string, number>()
  for (const [place] of traces) kinds.set(place, (kinds.get(place) ?? 0) + 1)
  const bytes = traces.reduce((sum, [, shown]) => sum + shown.length, 0)
  const where = [...kinds].map(([place, count]) => `${count} × ${place}`).join(', ')
  console.log(
    `${secrets.length} secrets, searched for in ${traces.length} places (${bytes} characters: ${where}): ${findings.length} findings`,
  )
  expect(findings).toEqual([])
}

/** The line of an inventory for a host on loopback, whose key becomes known. */
function row(name: string, port: number, vars: Readonly<Record<string, string>>): string {
  appendFileSync(
    join(home, '.ssh', 'known_hosts'),
    `[127.0.0.1]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`,
  )
  const all = { ansible_host: '127.0.0.1', ansible_port: String(port), ...vars }
  return `${name} ${Object.entries(all)
    .map(([key, value]) => `${key}=${quoted(value)}`)
    .join(' ')}\n`
}

/** A word of an INI inventory. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'"'"'`)}'`
}

test('every way in, in one run, and no secret is seen anywhere', { timeout: 300_000 }, async () => {
  const passwordOnly = [
    'PubkeyAuthentication no',
    'KbdInteractiveAuthentication no',
    'PasswordAuthentication yes',
  ]
  const pamOnly = [
    'UsePAM yes',
    'PubkeyAuthentication no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication yes',
  ]
  const key = join(folder, 'user')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', join(folder, 'encrypted')])
  appendFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'encrypted.pub')))
  const ca = keyIn(folder, 'ca')
  const certified = keyIn(folder, 'certified')
  execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'tess', '-n', 'tess', `${certified}.pub`])
  execFileSync('ssh-keygen', [
    '-q',
    '-s',
    ca,
    '-h',
    '-I',
    'host',
    '-n',
    '127.0.0.1',
    join(folder, 'host.pub'),
  ])
  secrets.push(...[key, certified, join(folder, 'encrypted')].map(keyMaterial))
  const strangers = [1, 2, 3, 4, 5, 6, 7].map((number) => keyIn(folder, `stranger${number}`))
  const agent = await startAgent(folder, [...strangers, key])

  const start = async (...options: string[]): Promise<number> => {
    const { port, log } = await startLoginHost(folder, [...options, 'LogLevel DEBUG3'])
    hostLogs.push(log)
    return port
  }
  const plain = await start('MaxStartups 100')
  const withKey = { ansible_private_key_file: key }
  const become = { ansible_become: 'yes', ansible_become_password: password, ...withKey }
  const tess = {
    ansible_user: 'tess',
    ansible_password: password,
    ansible_ssh_common_args: '-o PubkeyAuthentication=no',
  }
  const hostCertified = await start(`HostCertificate ${folder}/host-cert.pub`)
  const inventory = [
    row('password', await start(...passwordOnly), tess),
    row('pam', await start(...pamOnly), tess),
    row('password-openssh', await start(...passwordOnly), { ...tess, ansible_connection: 'openssh' }),
    row('pam-openssh', await start(...pamOnly), { ...tess, ansible_connection: 'openssh' }),
    row('encrypted', plain, {
      ansible_private_key_file: join(folder, 'encrypted'),
      ansible_ssh_common_args: '-o IdentityAgent=none',
    }),
    row('encrypted-openssh', plain, {
      ansible_private_key_file: join(folder, 'encrypted'),
      ansible_connection: 'openssh',
      ansible_ssh_common_args: '-o IdentityAgent=none',
    }),
    row('agent', await start('MaxAuthTries 6'), {
      ...withKey,
      ansible_ssh_common_args: '-o IdentitiesOnly=yes',
    }),
    row('command', plain, { ...withKey, ansible_ssh_common_args: '-o ProxyCommand="nc %h %p"' }),
    row('certificate', await start(`TrustedUserCAKeys ${ca}.pub`, 'AuthorizedKeysFile none'), {
      ansible_user: 'tess',
      ansible_connection: 'openssh',
      ansible_private_key_file: certified,
      ansible_ssh_common_args: '-o IdentityAgent=none',
    }),
    row('sudo', plain, { ansible_user: 'tess', ...become }),
    row('sudo-openssh', plain, { ansible_user: 'tess', ansible_connection: 'openssh', ...become }),
    row('lecture', plain, { ansible_user: 'lectured', ...become }),
    row('requiretty', plain, { ansible_user: 'ttyonly', ...become }),
    row('doas', plain, { ansible_user: 'tess', ansible_become_method: 'doas', ...become }),
    row('su', plain, { ansible_user: 'tess', ansible_become_method: 'su', ...become }),
    row('csh', plain, { ansible_user: 'csh', ...become }),
    row('fish', plain, { ansible_user: 'fish', ...become }),
    row('chatty', plain, { ansible_user: 'chatty', ...become }),
    row('here', 1, { ansible_connection: 'local' }),
    row('nologin', plain, { ansible_user: 'nologin', ...withKey }),
    row('wrong', await start(...passwordOnly), { ...tess, ansible_password: wrong }),
    row('wrong-sudo', plain, { ansible_user: 'tess', ...become, ansible_become_password: wrong }),
    row('wrong-sudo-tty', plain, { ansible_user: 'ttyonly', ...become, ansible_become_password: wrong }),
    row('wrong-openssh', await start(...passwordOnly), {
      ...tess,
      ansible_password: wrong,
      ansible_connection: 'openssh',
    }),
    row('no-rule', plain, { ansible_user: 'nosudo', ...become }),
  ]
  // Known by its authority alone.
  const authority = join(folder, 'authority')
  writeFileSync(authority, `@cert-authority * ${readFileSync(`${ca}.pub`, 'utf8')}`)
  const byAuthority = { ...withKey, ansible_ssh_common_args: `-o UserKnownHostsFile=${authority}` }
  inventory.push(row('host-certificate', hostCertified, { ...byAuthority, ansible_connection: 'openssh' }))
  inventory.push(row('host-certificate-ssh2', hostCertified, byAuthority))
  writeFileSync(join(folder, 'hosts.ini'), inventory.join(''), { mode: 0o600 })
  writeFileSync(join(folder, 'phrase'), `${passphrase}\n`, { mode: 0o600 })

  const words = [
    '-i',
    join(folder, 'hosts.ini'),
    '--key-passphrase-file',
    join(folder, 'phrase'),
    '--forks',
    '8',
  ]
  const ended = await run('plan', [...words, '--login-timeout', '240'], { SSH_AUTH_SOCK: agent })
  // Who got in without being root is told that, after the host was read.
  const outcomes = ended.result.hosts.map(({ host, error, facts }) => [
    host,
    facts === null ? (error?.kind ?? 'nothing') : 'read',
  ])
  expect(Object.fromEntries(outcomes)).toEqual({
    ...Object.fromEntries(outcomes.map(([host]) => [host, 'read'])),
    nologin: 'shell',
    wrong: 'auth',
    'wrong-openssh': 'auth',
    'wrong-sudo': 'become_password',
    'wrong-sudo-tty': 'become_password',
    'no-rule': 'become',
    'host-certificate-ssh2': 'host_key_unknown',
  })
  expectNoSecrets(ended.traces)
})

test('passwords of the command line, from files, programs and the environment', async () => {
  const { port, log } = await startLoginHost(folder, [
    ...['PubkeyAuthentication no', 'PasswordAuthentication yes', 'LogLevel DEBUG3'],
  ])
  hostLogs.push(log)
  writeFileSync(join(folder, 'one.ini'), row('one', port, { ansible_user: 'tess', ansible_become: 'yes' }))
  const printing = join(folder, 'print-password')
  writeFileSync(printing, `#!/bin/sh\ncat '${folder}/secret'\n`, { mode: 0o700 })
  writeFileSync(join(folder, 'secret'), `${password}\n`, { mode: 0o600 })
  const inventory = ['-i', join(folder, 'one.ini')]
  for (const [words, env] of [
    [['--connection-password-file', join(folder, 'secret'), '--become-password-file', printing], {}],
    [
      [],
      { ANSIBLE_CONNECTION_PASSWORD_FILE: printing, ANSIBLE_BECOME_PASSWORD_FILE: join(folder, 'secret') },
    ],
  ] as const) {
    const ended = await run('plan', [...inventory, ...words], env)
    expect(ended.result.hosts[0]?.error ?? null).toBeNull()
    expectNoSecrets(ended.traces)
  }
  // The environment of the program itself shows them for as long as it runs; those of all others do not.
  const ended = await run('plan', inventory, {
    CONNTRACKCTL_PASSWORD: password,
    CONNTRACKCTL_BECOME_PASSWORD: password,
  })
  expect(ended.result.hosts[0]?.error ?? null).toBeNull()
  expectNoSecrets(ended.traces.filter(([, shown]) => !shown.includes('CONNTRACKCTL_PASSWORD=')))
})

test(
  '60 hosts behind two bastions of ~/.ssh/config, each logged in to once',
  { timeout: 300_000 },
  async () => {
    copyFileSync(join(folder, 'user'), join(home, '.ssh', 'id_ed25519'))
    execFileSync('chmod', ['600', join(home, '.ssh', 'id_ed25519')])
    const outer = await startLoginHost(folder, ['LogLevel VERBOSE'])
    const inner = await startLoginHost(folder, ['LogLevel VERBOSE'])
    const hosts = await loginHosts(folder, 12)
    const block = (name: string, port: number, more: string): string =>
      `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n  User root\n${more}`
    writeFileSync(
      join(home, '.ssh', 'config'),
      `${block('outer', outer.port, '')}${block('inner', inner.port, '  ProxyJump outer\n')}Match host 127.0.0.1 originalhost 127.0.0.1\n  ProxyJump inner\n  User root\n`,
    )
    for (const { port } of [outer, inner]) row('known', port, {})
    const rows = Array.from({ length: 60 }, (_, index) => row(`h${index}`, hosts[index % 12]?.port ?? 0, {}))
    writeFileSync(join(folder, 'sixty.ini'), rows.join(''))
    const { result } = await run('plan', [
      '-i',
      join(folder, 'sixty.ini'),
      '--forks',
      '60',
      '--login-timeout',
      '240',
    ])
    expect(result.hosts.filter(({ error }) => error !== undefined && error !== null)).toEqual([])
    expect(result.hosts).toHaveLength(60)
    for (const { log } of [outer, inner]) expect(log().match(/Accepted publickey/g)).toHaveLength(1)
  },
)
