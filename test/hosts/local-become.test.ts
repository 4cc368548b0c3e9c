import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunResult } from '../../src/report/host-result.ts'
import { loginFolder, loginHostSpec, password } from './login-sshd.ts'
import { type Rig, startHosts } from './rig/rig.mjs'
import { sampleProcesses } from './sample-processes.ts'
import { expectNoSecrets, type Trace } from './secret-search.ts'

/** The program on the host that it changes, as a user who has to become root there: by `--connection local`. */

const root = join(import.meta.dirname, '../..')
const wrong = `wr0ng-local-${process.pid}`
const ours = '/opt/conntrackctl'
const play = '- hosts: all\n  conntrack: {max: 524288, hashsize: 131072, timeouts: {tcp_established: 1h}}\n'

/** A user's ways to root there: names, and what is set for each. */
type Ways = Readonly<Record<string, Readonly<Record<string, string>>>>

const sudo = { ansible_become_password: password }
const ways: readonly (readonly [host: string, user: string, way: Ways[string]])[] = [
  ['sudo', 'tess', sudo],
  ['requiretty', 'ttyonly', sudo],
  ['requiretty-free', 'ttyfree', {}],
  ['doas', 'tess', { ...sudo, ansible_become_method: 'doas' }],
  ['su', 'tess', { ...sudo, ansible_become_method: 'su' }],
]
const refusals: Ways = {
  'sudo-wrong': { ansible_become_password: wrong },
  'sudo-none': {},
  'doas-wrong': { ansible_become_password: wrong, ansible_become_method: 'doas' },
}

/** An inventory of this machine under several names; JSON is YAML. */
function inventory(hosts: Ways): string {
  return JSON.stringify({ all: { vars: { ansible_connection: 'local', ansible_become: true }, hosts } })
}

let rig: Rig
let remove: () => void
beforeAll(async () => {
  const login = loginFolder()
  remove = login.remove
  const known = Object.fromEntries(ways.map(([host, , vars]) => [host, { [host]: vars }]))
  rig = await startHosts(
    Object.entries({ ...known, refusing: refusals }).map(([name, hosts]) => {
      const spec = loginHostSpec(login.folder, name)
      const files = {
        ...spec.files,
        [`${ours}/package.json`]: readFileSync(join(root, 'package.json'), 'utf8'),
        [`${ours}/play.yml`]: play,
        [`${ours}/hosts.yml`]: inventory(hosts),
      }
      const folders = {
        ...{ [`${ours}/dist`]: join(root, 'dist'), [`${ours}/node_modules`]: join(root, 'node_modules') },
        '/opt/node': dirname(process.execPath),
      }
      return { ...spec, files, folders }
    }),
  )
})
afterAll(async () => {
  await rig?.stop()
  remove()
})

/** Runs a command on a host as one of its users, with nothing but what a login gives them; `before` comes first. */
async function run(
  host: string,
  user: string,
  command: string,
  before = '',
): Promise<{ readonly code: number; readonly result: RunResult; readonly traces: readonly Trace[] }> {
  const line = `${before}/opt/node/node ${ours}/dist/cli.js ${command} ${ours}/play.yml -i ${ours}/hosts.yml -vvv --output json --state-dir own/state --log-file own/log`
  const { code, stdout, stderr } = await rig.host(host)
    .exec(`cd /tmp; rm -rf own; mkdir own; chown ${user} own
    setpriv --reuid=${user} --regid=4000 --clear-groups --reset-env sh -c '${line}'
    status=$?; cat own/log >&2; grep -rh . own/state >&2; exit $status`)
  expect(stdout, stderr).toMatch(/^\{/)
  const traces: readonly Trace[] = [
    ['stdout', stdout],
    ['stderr, log and records', stderr],
  ]
  return { code, result: JSON.parse(stdout) as RunResult, traces }
}

const conntrack = '/proc/sys/net/netfilter/nf_conntrack'
const values = `cat ${conntrack}_max /sys/module/nf_conntrack/parameters/hashsize ${conntrack}_tcp_timeout_established`

test('each way to root changes, a second time nothing; no secret is seen, and no process stays', async () => {
  const sampling = sampleProcesses([process.pid])
  const traces = await Promise.all(
    ways.map(async ([name, user]) => {
      const first = await run(name, user, 'apply')
      expect([first.code, first.result.hosts[0]?.status, first.result.hosts[0]?.error], name).toEqual([
        ...[0, 'changed', null],
      ])
      expect((await rig.host(name).exec(values)).stdout).toBe('524288\n131072\n3600\n')
      const second = await run(name, user, 'apply')
      expect([second.code, second.result.hosts[0]?.status, second.result.hosts[0]?.changes], name).toEqual([
        ...[0, 'ok', []],
      ])
      // Whoever gave a terminal has gone with it.
      await expect.poll(() => rig.host(name).processes(), { timeout: 10_000 }).toEqual([])
      return [...first.traces, ...second.traces]
    }),
  )
  const seen = sampling.stop().map((shown): Trace => ['a process', shown])
  expect(sampling.rounds()).toBeGreaterThan(5)
  expectNoSecrets([...traces.flat(), ...seen], [password])
})

test('a wrong password and none are told as such, on a terminal too', async () => {
  const { result, traces } = await run('refusing', 'ttyonly', 'plan')
  expect(result.hosts.map(({ host, error }) => [host, error?.kind, error?.stage, error?.message])).toEqual([
    ['sudo-wrong', 'become_password', 'become', expect.stringMatching(/sudo did not take the password/)],
    ['sudo-none', 'become_password', 'become', expect.stringMatching(/a password is asked for/)],
    [
      'doas-wrong',
      'become_password',
      'become',
      expect.stringMatching(/the password was not taken|did not take the password/),
    ],
  ])
  expectNoSecrets(traces, [password, wrong])
})

test('without `script` there is no terminal, and that is said', async () => {
  const bare = `mkdir own/bin; for p in env sh stty doas sudo; do ln -s $(command -v $p) own/bin; done; PATH=$PWD/own/bin `
  const { result } = await run('refusing', 'ttyonly', 'plan', bare)
  const failed = result.hosts.find(({ host }) => host === 'doas-wrong')?.error
  expect(failed).toMatchObject({ kind: 'become', stage: 'become' })
  expect(failed?.message).toMatch(/doas wants a terminal, and nothing here can give it one: .*script/)
  expect(failed?.hint).toContain('install script')
})
