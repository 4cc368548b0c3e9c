import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { reportFormats } from '../../src/commands/report-formats.ts'
import {
  keyIn,
  loginHosts,
  loginHostSpec,
  operatorFolder,
  password,
  startAgent,
  startLoginHost,
} from './login-sshd.ts'
import { type Rig, startHosts } from './rig/rig.mjs'
import { sampleProcesses } from './sample-processes.ts'
import { expectNoSecrets, type Trace } from './secret-search.ts'

/**
 * The built program, as an operator runs it, at real sshds of all kinds. Where the sshd alone is a host's own, it only
 * plans: the values are this machine's.
 */

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
const vaultPassword = `v4ult\\ "word" ${process.pid}`
const hidden = `hidd3n in the vault: ${process.pid}`
const secrets = [password, passphrase, wrong, vaultPassword, hidden]

/** Some of what only the owner of a private key may read. */
function keyMaterial(file: string): string {
  return readFileSync(file, 'utf8').split('\n').at(-3) ?? ''
}

/** What each host's sshd has logged, at its most talkative. */
const hostLogs: (() => string | Promise<string>)[] = []
beforeEach(() => void hostLogs.splice(0))

interface Run {
  readonly status: number | null
  readonly result: RunResult
  /** Everything that the run left behind or showed, by where: output, errors, logs, records, reports, processes. */
  readonly traces: readonly Trace[]
}

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
  formats: readonly string[] = reportFormats,
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
    ...(await Promise.all(hostLogs.map(async (said): Promise<Trace> => ['an sshd', await said()]))),
  ]
  for (const entry of readdirSync(state, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      traces.push([`record ${entry.name}`, readFileSync(join(entry.parentPath, entry.name), 'utf8')])
  for (const format of formats) {
    const report = await conntrackctl(['report', 'last', '--state-dir', state, '--format', format, '-v'])
    if (report.stdout === '') throw new Error(`no report as ${format}: ${report.stderr}`)
    traces.push([`report ${format}`, report.stdout + report.stderr])
  }
  return { status, result: JSON.parse(stdout) as RunResult, traces }
}

/** The line of an inventory for a host on loopback, whose key becomes known. */
function row(
  name: string,
  port: number,
  vars: Readonly<Record<string, string>>,
  address = '127.0.0.1',
): string {
  appendFileSync(
    join(home, '.ssh', 'known_hosts'),
    `[${address}]:${port} ${readFileSync(join(folder, 'host.pub'), 'utf8')}`,
  )
  const all = { ansible_host: address, ansible_port: String(port), ...vars }
  return `${name} ${Object.entries(all)
    .map(([key, value]) => `${key}=${quoted(value)}`)
    .join(' ')}\n`
}

/** A word of an INI inventory. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", `'"'"'`)}'`
}

/** A way in to a host, and what becomes of it. */
interface Way {
  readonly vars: Readonly<Record<string, string>>
  /** Lines of its sshd's configuration. */
  readonly sshd?: readonly string[]
  /** The host of another way that this one leads to. */
  readonly at?: string
  /** The kind of failure with which it is refused. */
  readonly refused?: string
}

const conntrack = '/proc/sys/net/netfilter/nf_conntrack'
const written = `cat ${conntrack}_max /sys/module/nf_conntrack/parameters/hashsize ${conntrack}_tcp_timeout_established
  stat -c '%n %a %u:%g' /etc/sysctl.d/zz-conntrackctl.conf`

test(
  'every way in, to change and to verify, and no secret is seen anywhere',
  { timeout: 300_000 },
  async () => {
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
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-h', '-I', 'host', join(folder, 'host.pub')])
    secrets.push(...[key, certified, join(folder, 'encrypted')].map(keyMaterial))
    const strangers = [1, 2, 3, 4, 5, 6, 7].map((number) => keyIn(folder, `stranger${number}`))
    const agent = await startAgent(folder, [...strangers, key])

    const withKey = { ansible_private_key_file: key }
    const become = { ansible_become: 'yes', ansible_become_password: password, ...withKey }
    const sudo = { ansible_user: 'tess', ...become }
    const byPassword = {
      ...{ ansible_user: 'tess', ansible_password: password, ansible_become: 'yes' },
      ...{ ansible_become_password: password, ansible_ssh_common_args: '-o PubkeyAuthentication=no' },
    }
    const noAgent = { ansible_ssh_common_args: '-o IdentityAgent=none' }
    const encrypted = { ansible_private_key_file: join(folder, 'encrypted'), ...noAgent }
    const openssh = { ansible_connection: 'openssh' }
    // Known by its authority alone.
    const authority = join(folder, 'authority')
    writeFileSync(authority, `@cert-authority * ${readFileSync(`${ca}.pub`, 'utf8')}`)
    const byAuthority = { ...withKey, ansible_ssh_common_args: `-o UserKnownHostsFile=${authority}` }
    const ways: Readonly<Record<string, Way>> = {
      password: { sshd: passwordOnly, vars: byPassword },
      pam: { sshd: pamOnly, vars: byPassword },
      'password-openssh': { sshd: passwordOnly, vars: { ...byPassword, ...openssh } },
      'pam-openssh': { sshd: pamOnly, vars: { ...byPassword, ...openssh } },
      encrypted: { vars: encrypted },
      'encrypted-openssh': { vars: { ...encrypted, ...openssh } },
      agent: {
        sshd: ['MaxAuthTries 6'],
        vars: { ...withKey, ansible_ssh_common_args: '-o IdentitiesOnly=yes' },
      },
      command: { vars: { ...withKey, ansible_ssh_common_args: '-o ProxyCommand="nc %h %p"' } },
      certificate: {
        sshd: ['TrustedUserCAKeys /etc/ssh/ca.pub', 'AuthorizedKeysFile none'],
        vars: { ...sudo, ...openssh, ...noAgent, ansible_private_key_file: certified },
      },
      'host-certificate': {
        sshd: ['HostCertificate /etc/ssh/host-cert.pub'],
        vars: { ...byAuthority, ...openssh },
      },
      sudo: { vars: sudo },
      'sudo-openssh': { vars: { ...sudo, ...openssh } },
      lecture: { vars: { ...become, ansible_user: 'lectured' } },
      requiretty: { vars: { ...become, ansible_user: 'ttyonly' } },
      'requiretty-openssh': { vars: { ...become, ...openssh, ansible_user: 'ttyonly' } },
      doas: { vars: { ...sudo, ansible_become_method: 'doas' } },
      'doas-openssh': { vars: { ...sudo, ...openssh, ansible_become_method: 'doas' } },
      su: { vars: { ...sudo, ansible_become_method: 'su' } },
      csh: { vars: { ...become, ansible_user: 'csh' } },
      fish: { vars: { ...become, ansible_user: 'fish' } },
      chatty: { vars: { ...become, ansible_user: 'chatty' } },
      'host-certificate-ssh2': {
        ...{ at: 'host-certificate', vars: byAuthority, refused: 'host_key_unknown' },
      },
      nologin: { vars: { ...withKey, ansible_user: 'nologin' }, refused: 'shell' },
      wrong: { sshd: passwordOnly, vars: { ...byPassword, ansible_password: wrong }, refused: 'auth' },
      'wrong-openssh': {
        ...{ at: 'wrong', vars: { ...byPassword, ...openssh, ansible_password: wrong }, refused: 'auth' },
      },
      'wrong-sudo': {
        ...{ at: 'nologin', vars: { ...sudo, ansible_become_password: wrong }, refused: 'become_password' },
      },
      'wrong-sudo-tty': {
        at: 'nologin',
        vars: { ...become, ansible_user: 'ttyonly', ansible_become_password: wrong },
        refused: 'become_password',
      },
      'no-rule': { at: 'nologin', vars: { ...become, ansible_user: 'nosudo' }, refused: 'become' },
    }
    await using rig = await startHosts(
      Object.entries(ways)
        .filter(([, { at }]) => at === undefined)
        .map(([name, { sshd = [] }]) => {
          const spec = loginHostSpec(folder, name, sshd)
          const extra = ['ca.pub', 'host-cert.pub'].map((file) => [
            `/etc/ssh/${file}`,
            readFileSync(join(folder, file), 'utf8'),
          ])
          return { ...spec, files: { ...spec.files, ...Object.fromEntries(extra) } }
        }),
    )
    hostLogs.push(...rig.hosts.map(({ log }) => log))
    const rows = Object.entries(ways).map(([name, { at = name, vars }]) => {
      const { port, address } = rig.host(at)
      return row(name, port, vars, address)
    })
    writeFileSync(join(folder, 'hosts.ini'), rows.join(''), { mode: 0o600 })
    writeFileSync(join(folder, 'phrase'), `${passphrase}\n`, { mode: 0o600 })
    writeFileSync(
      join(folder, 'play.yml'),
      '- hosts: all\n  conntrack: {max: 524288, hashsize: 131072, timeouts: {tcp_established: 1h}}\n',
    )
    const words = [
      ...['-i', join(folder, 'hosts.ini'), '--key-passphrase-file', join(folder, 'phrase')],
      ...['--forks', '8', '--login-timeout', '240'],
    ]
    const refused = Object.entries(ways).filter(([, way]) => way.refused !== undefined)
    const inside = Object.keys(ways).filter((name) => ways[name]?.refused === undefined)
    const untouched = await snapshots(rig, ['nologin', 'wrong'])

    const first = await run('apply', words, { SSH_AUTH_SOCK: agent })
    expect(first.status).toBe(4)
    const outcomes = first.result.hosts.map(({ host, status, error }) => [host, error?.kind ?? status])
    expect(Object.fromEntries(outcomes)).toEqual({
      ...Object.fromEntries(inside.map((name) => [name, 'changed'])),
      ...Object.fromEntries(refused.map(([name, way]) => [name, way.refused])),
    })
    expectNoSecrets(first.traces, secrets)
    for (const name of inside)
      expect((await rig.host(name).exec(written)).stdout, name).toBe(
        '524288\n131072\n3600\n/etc/sysctl.d/zz-conntrackctl.conf 644 0:0\n',
      )
    expect(await snapshots(rig, ['nologin', 'wrong'])).toEqual(untouched)

    const changed = await snapshots(rig, inside)
    const again = [...words, '--limit', inside.join(',')]
    const verified = await run('verify', again, { SSH_AUTH_SOCK: agent }, [])
    expect({ status: verified.status, ok: verified.result.totals.ok }).toEqual({
      status: 0,
      ok: inside.length,
    })
    const second = await run('apply', again, { SSH_AUTH_SOCK: agent }, [])
    expect({ status: second.status, ok: second.result.totals.ok }).toEqual({ status: 0, ok: inside.length })
    expect(second.result.hosts.flatMap(({ changes }) => changes)).toEqual([])
    expect(await snapshots(rig, inside)).toEqual(changed)
    expectNoSecrets([...verified.traces, ...second.traces], secrets)
  },
)

/** All that a change could touch on these hosts, without what sudo keeps of those who used it. */
async function snapshots(rig: Rig, names: readonly string[]): Promise<readonly object[]> {
  const all = await Promise.all(names.map((name) => rig.host(name).snapshot()))
  return all.map((one) => Object.entries(one).filter(([path]) => !/^\/run\/(?:$|sudo\/)/.test(path)))
}

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
    expectNoSecrets(ended.traces, secrets)
  }
  // The same out of a vault.
  mkdirSync(join(folder, 'group_vars'))
  const vaulted = join(folder, 'group_vars', 'all.yml')
  writeFileSync(join(folder, 'vault-password'), `${vaultPassword}\n`, { mode: 0o600 })
  writeFileSync(
    vaulted,
    JSON.stringify({ ansible_password: password, ansible_become_password: password, other: hidden }),
  )
  const vault = ['--vault-password-file', join(folder, 'vault-password')]
  execFileSync('ansible-vault', ['encrypt', ...vault, vaulted])
  const opened = await run('plan', [...inventory, ...vault], {}, [])
  rmSync(vaulted)
  expect(opened.result.hosts[0]?.error ?? null).toBeNull()
  expectNoSecrets(opened.traces, secrets)
  // The environment of the program itself shows them for as long as it runs; those of all others do not.
  const ended = await run('plan', inventory, {
    CONNTRACKCTL_PASSWORD: password,
    CONNTRACKCTL_BECOME_PASSWORD: password,
  })
  expect(ended.result.hosts[0]?.error ?? null).toBeNull()
  expectNoSecrets(
    ended.traces.filter(([, shown]) => !shown.includes('CONNTRACKCTL_PASSWORD=')),
    secrets,
  )
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
