import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, startHosts } from './rig/rig.mjs'
import { hostsByStatus, runOnRig } from './run-on-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'conntrackctl-main-job-'))
const playbook = join(folder, 'playbook.yml')
writeFileSync(
  playbook,
  `- name: Everything at once
  hosts: all
  conntrack:
    max: 524288
    hashsize: max / 4
    timeouts: {tcp_established: 1h, udp: 20s}
    options: {tcp_be_liberal: yes}
  sysctl: {net.ipv4.tcp_fin_timeout: 30}
`,
)

const paths = {
  max: '/proc/sys/net/netfilter/nf_conntrack_max',
  hashsize: '/sys/module/nf_conntrack/parameters/hashsize',
  established: '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established',
  udp: '/proc/sys/net/netfilter/nf_conntrack_udp_timeout',
  liberal: '/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal',
  fin: '/proc/sys/net/ipv4/tcp_fin_timeout',
}

const wished = { max: '524288', hashsize: '131072', established: '3600', udp: '20', liberal: '1', fin: '30' }

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `web${String(index + 1).padStart(2, '0')}`)

describe('the main job on 20 hosts', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startHosts(names(20).map((name) => ({ name, groups: ['web'] })))
  })
  afterAll(async () => {
    await rig?.stop()
  })

  const snapshots = () => Promise.all(rig.hosts.map((host) => host.snapshot()))
  const valuesOf = async (name: string) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(paths).map(async ([key, path]) => [key, (await rig.host(name).readFile(path)).trim()]),
      ),
    )

  test('plan leaves every host byte-identical and exits 10', async () => {
    const before = await snapshots()
    const { exitCode, result } = await runOnRig(rig, ['plan', playbook])
    expect(exitCode).toBe(10)
    expect(result.totals.pending).toBe(20)
    expect(await snapshots()).toEqual(before)
  })

  test('apply --check is plan', async () => {
    const before = await snapshots()
    const { exitCode, result } = await runOnRig(rig, ['apply', playbook, '--check'])
    expect({ exitCode, command: result.command }).toEqual({ exitCode: 10, command: 'plan' })
    expect(await snapshots()).toEqual(before)
  })

  test('apply sets every value, reads it back, and opens one connection a host', async () => {
    const connections = await Promise.all(rig.hosts.map((host) => host.connections()))
    const { exitCode, result } = await runOnRig(rig, ['apply', playbook])

    expect(exitCode).toBe(0)
    expect(hostsByStatus(result)).toEqual({ changed: names(20) })
    for (const { changes } of result.hosts)
      expect(changes.map(({ state }) => state)).toEqual(Array(7).fill('verified'))
    for (const name of names(20)) expect(await valuesOf(name), name).toEqual(wished)
    expect(await Promise.all(rig.hosts.map((host) => host.connections()))).toEqual(
      connections.map((count) => count + 1),
    )
  })

  test('apply again changes nothing and reports 20 ok', async () => {
    const before = await snapshots()
    const { exitCode, result } = await runOnRig(rig, ['apply', playbook])
    expect(exitCode).toBe(0)
    expect(result.totals).toMatchObject({ ok: 20, changed: 0 })
    expect(await snapshots()).toEqual(before)
  })

  test('verify names the three hosts on which somebody changed a value', async () => {
    expect((await runOnRig(rig, ['verify', playbook])).exitCode).toBe(0)
    await rig.host('web03').setValue(paths.max, '1000')
    await rig.host('web11').setValue(paths.udp, '180')
    await rig.host('web20').exec('rm /etc/sysctl.d/zz-conntrackctl.conf')

    const { exitCode, result } = await runOnRig(rig, ['verify', playbook])
    expect(exitCode).toBe(10)
    expect(hostsByStatus(result)['pending']).toEqual(['web03', 'web11', 'web20'])
  })

  test('what was written is there after a restart of the host', async () => {
    await runOnRig(rig, ['apply', playbook])
    const host = rig.host('web05')
    await host.setValue(paths.max, '1000')
    await host.reboot()
    expect(await valuesOf('web05')).toEqual(wished)
  })

  test('--limit keeps to the named hosts', async () => {
    const { result } = await runOnRig(rig, ['verify', playbook, '--limit', 'web:!web0*:&web[15:19]'])
    expect(result.hosts.map(({ host }) => host)).toEqual(['web16', 'web17', 'web18', 'web19', 'web20'])
  })
})

describe('20 hosts of which five are in trouble', () => {
  let rig: Rig
  const trouble = {
    web02: 'down',
    web05: 'refuses-key',
    web09: 'host-key-changed',
    web13: 'hangs-after-login',
    web17: 'full-disk',
  } as const
  beforeAll(async () => {
    rig = await startHosts(
      names(20).map((name) => ({ name, kind: trouble[name as keyof typeof trouble] ?? 'standard' })),
    )
  })
  afterAll(async () => {
    await rig?.stop()
  })

  test('the other 15 are changed; the five have five kinds of error; nobody waits for a sum of time limits', async () => {
    const full = await rig.host('web17').snapshot()
    const { exitCode, result, seconds } = await runOnRig(rig, [
      'apply',
      playbook,
      '--timeout',
      '3',
      '--login-timeout',
      '5',
      '--command-timeout',
      '6',
    ])

    expect(exitCode).toBe(4)
    expect(hostsByStatus(result)['changed']).toHaveLength(15)
    const errors = result.hosts.flatMap(({ host, status, error }) =>
      error ? [[host, status, error.kind]] : [],
    )
    expect(errors).toEqual([
      ['web02', 'unreachable', 'refused'],
      ['web05', 'unreachable', 'auth'],
      ['web09', 'unreachable', 'host_key_changed'],
      // A login shell that never answers is a login that never ended.
      ['web13', expect.stringMatching(/unreachable|failed/), 'timeout'],
      ['web17', 'failed', 'disk_full'],
    ])
    // Of the full disk's host nothing was changed, its live values neither.
    expect(lasting(await rig.host('web17').snapshot())).toEqual(lasting(full))
    // The slowest limit is 6 s; the sum of the five would be 14 s and more.
    expect(seconds).toBeLessThan(12)
  })
})

describe('hosts that are something else', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startHosts([
      { name: 'container', kind: 'container' },
      { name: 'readonly', kind: 'read-only' },
      { name: 'unloaded', kind: 'no-module' },
      { name: 'legacy', kind: 'legacy' },
      { name: 'throughsudo', vars: { ansible_user: 'ops', ansible_become: true } },
      { name: 'notroot', vars: { ansible_user: 'ops' } },
      { name: 'csh', vars: { ansible_user: 'csh', ansible_become: true } },
      { name: 'fish', vars: { ansible_user: 'fish', ansible_become: true } },
      { name: 'noisy', vars: { ansible_user: 'noisy', ansible_become: true } },
      { name: 'nosudo', vars: { ansible_user: 'nosudo', ansible_become: true } },
      { name: 'nologin', vars: { ansible_user: 'nologin' } },
    ])
  })
  afterAll(async () => {
    await rig?.stop()
    rmSync(folder, { recursive: true })
  })

  test('each is told as what it is', async () => {
    const { result } = await runOnRig(rig, ['apply', playbook])
    const told = result.hosts.map(({ host, status, findings, error }) => [
      host,
      status,
      error?.kind ?? findings.map(({ code }) => code)[0] ?? null,
    ])
    expect(told).toEqual([
      ['container', 'unsupported', 'not-our-namespace'],
      ['readonly', 'unsupported', 'read-only'],
      ['unloaded', 'changed', 'module-not-loaded'],
      ['legacy', 'changed', null],
      ['throughsudo', 'changed', null],
      ['notroot', 'failed', 'become'],
      ['csh', 'changed', null],
      ['fish', 'changed', null],
      ['noisy', 'changed', null],
      ['nosudo', 'failed', 'become_password'],
      ['nologin', expect.stringMatching(/failed|unreachable/), 'shell'],
    ])
  })
})

/**
 * A host without what only tells that something was there for a moment: the time of the folder in which it was, and
 * the folder of locks, which a system that was started has.
 */
function lasting(snapshot: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(snapshot)
      .filter(([path]) => path !== '/run/')
      .map(([path, state]) => [path, path.endsWith('/') ? state.replace(/ \d+$/, '') : state]),
  )
}
