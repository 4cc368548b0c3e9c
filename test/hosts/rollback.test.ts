import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCodes } from '../../src/exit-codes.ts'
import { type Rig, startHosts } from './rig/rig.mjs'
import { type RunOnRig, runOnRig } from './run-on-rig.ts'
import { isFullTrial } from '../full-trials.ts'

const count = isFullTrial ? 50 : 12
/** Hosts that a guard refuses at first, as more is in their table than wished. */
const crowded = ['h3', 'h7', 'h11']
const playbook = `- hosts: all
  conflicts: override
  serial: [2, 50%]
  max_fail_percentage: 40
  conntrack: {max: 262144, hashsize: 65536, timeouts: {udp: 20s, tcp_established: 1h}}
  sysctl: {net.ipv4.tcp_fin_timeout: 30}
`
const theirs = {
  '/etc/sysctl.d/zzzz-local.conf': {
    text: '# by hand\r\nnet.netfilter.nf_conntrack_max = 1000\n\n;net.core.somaxconn=1\nvm.swappiness = 1',
    mode: 0o640,
    gid: 4,
  },
  '/etc/sysctl.conf': {
    text: 'net.nf_conntrack_max=2000\nnet.ipv4.tcp_fin_timeout = 61\n',
    mode: 0o600,
    uid: 1,
  },
}
let folder: string
let rig: Rig

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'conntrackctl-rollback-'))
  writeFileSync(join(folder, 'play.yml'), playbook)
  rig = await startHosts(
    Array.from({ length: count }, (_, index) => ({
      name: `h${index + 1}`,
      max: 65_536,
      hashsize: 16_384,
      count: crowded.includes(`h${index + 1}`) ? 300_000 : 1000,
      sshd: ['MaxStartups 1000'],
      files: {
        ...theirs,
        ...(index % 3 === 0
          ? { '/etc/sysctl.d/zz-conntrackctl.conf': { text: '# of old\n', mode: 0o600 } }
          : {}),
      },
      ...(index === 1 ? { vars: { ansible_user: 'ops', ansible_become: true } } : {}),
    })),
  )
}, 300_000)
afterAll(async () => {
  await rig?.stop()
  rmSync(folder, { recursive: true })
}, 120_000)

/** Mode, owner and checksum of every file below /etc, and every live value, of every host. */
async function prints(): Promise<readonly Readonly<Record<string, string>>[]> {
  const found: Readonly<Record<string, string>>[] = []
  for (const host of rig.hosts) {
    const lasting = Object.entries(await host.snapshot())
      .filter(([path]) => /^\/(?:etc|proc|sys)\//.test(path) && !path.endsWith('nf_conntrack_count'))
      // When it was written is not put back.
      .map(([path, state]) => [path, path.startsWith('/etc/') ? state.replace(/ \d{15,}/, '') : state])
    found.push(Object.fromEntries(lasting))
  }
  return found
}

test('rollback puts back every byte, mode, owner and value, after a rerun too, and can be rolled back', async () => {
  const run = (...words: string[]): Promise<RunOnRig> => runOnRig(rig, words)
  const play = join(folder, 'play.yml')
  const before = await prints()

  const first = await run('apply', play)
  expect(first.exitCode).toBe(exitCodes.refused.code)
  expect(first.result.totals).toMatchObject({ changed: count - 3, failed: 3 })
  for (const name of crowded)
    await rig.host(name).setValue('/proc/sys/net/netfilter/nf_conntrack_count', '1000')
  const rerun = await run('apply', play, '--rerun', 'failed')
  expect(rerun.exitCode).toBe(0)
  expect(rerun.result.totals).toMatchObject({ changed: 3, ok: 0 })
  const after = await prints()
  const paths = [...new Set(after.flatMap((host, index) => differing(before[index] ?? {}, host)))]
  // What was edited, what was kept of it, what is ours, and what the kernel holds.
  expect(paths).toEqual(
    expect.arrayContaining([
      '/etc/sysctl.conf',
      '/etc/sysctl.conf.conntrackctl-orig',
      '/etc/sysctl.d/zzzz-local.conf',
      '/etc/sysctl.d/zzzzzz-conntrackctl.conf',
      '/proc/sys/net/netfilter/nf_conntrack_max',
      '/sys/module/nf_conntrack/parameters/hashsize',
    ]),
  )

  const backs = [await run('rollback', rerun.result.run), await run('rollback', first.result.run)]
  expect(backs.map(({ exitCode }) => exitCode)).toEqual([0, 0])
  expect(backs.map(({ result }) => result.totals.changed)).toEqual([3, count - 3])
  expect(await prints()).toEqual(before)

  for (const { result } of backs.toReversed()) expect((await run('rollback', result.run)).exitCode).toBe(0)
  expect(await prints()).toEqual(after)
  const sums = before.reduce((sum, host) => sum + Object.keys(host).length, 0)
  console.log(
    `rollback on ${count} hosts: ${paths.length} places each differed, 0 of ${sums} after it; rolled back again: 0 differ from what the runs had left`,
  )
}, 600_000)

function differing(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (path) => one[path] !== other[path],
  )
}
