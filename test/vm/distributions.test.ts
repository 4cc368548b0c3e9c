import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVms, type VmRig } from './rig/rig.mjs'

/** Debian's releases: what `uname -r` begins with, and what `systemctl --version` says. */
const releases = [
  { name: 'bullseye', kernel: '5.10.', systemd: 247 },
  { name: 'bookworm', kernel: '6.1.', systemd: 252 },
  { name: 'trixie', kernel: '6.12.', systemd: 257 },
] as const

/** An emulated processor does a tenth of the work, and shares two real ones with two more. */
const timeout = 3_000_000

const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

let rig: VmRig

beforeAll(async () => {
  rig = await startVms(
    releases.map(({ name }) => ({
      name,
      distribution: name,
      vars: { ansible_user: 'ops', ansible_become: true },
    })),
  )
}, timeout)
afterAll(() => rig?.stop())

/** The program on the machine of that name, with a playbook of this text. */
async function runOn(
  name: string,
  command: string,
  text: string,
): Promise<{ exitCode: number | null; host: HostResult }> {
  const playbook = `${rig.folder}/${name}.yml`
  await writeFile(playbook, `- hosts: ${name}\n${text}`)
  const words = [command, playbook, '--timeout', '300', '--command-timeout', '300']
  const { exitCode, result, stderr } = await runOnRig(
    { inventoryPath: rig.inventoryPath, folder: `${rig.folder}/${name}` },
    words,
  )
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  return { exitCode, host }
}

test.concurrent.each(releases)(
  'Debian $name without the module is as wished after a power cycle, and without tracking after another',
  { timeout },
  async ({ name, kernel, systemd }) => {
    await mainJob(name, kernel, systemd)
    await unloads(name)
  },
)

async function mainJob(name: string, kernel: string, systemd: number): Promise<void> {
  const vm = rig.vm(name)
  const playbook = `  conntrack:
    max: 131072
    hashsize: 100000
    timeouts: {tcp_established: 1h, udp: 20s}
`
  expect(await vm.output('uname -r')).toMatch(new RegExp(`^${kernel.replaceAll('.', '[.]')}.*-cloud-amd64$`))
  expect(await vm.output('systemctl --version')).toMatch(new RegExp(`^systemd ${systemd}\\b`))
  expect((await vm.exec('ls -d /sys/module/nf_conntrack')).code).not.toBe(0)

  expect((await runOn(name, 'plan', playbook)).exitCode).toBe(10)
  const applied = await runOn(name, 'apply', playbook)
  expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  expect(await runOn(name, 'verify', playbook)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
  expect((await vm.exec('ls -d /sys/module/nf_conntrack')).code).not.toBe(0)

  const before = await vm.bootId()
  await vm.powerCycle()
  expect(await vm.bootId()).not.toBe(before)
  const verified = await runOn(name, 'verify', playbook)
  expect(verified, JSON.stringify(verified.host)).toMatchObject({
    exitCode: 0,
    host: { status: 'ok', changes: [], findings: [] },
  })
  const left = await vm.output(
    'cd /proc/sys/net/netfilter; cat nf_conntrack_max nf_conntrack_buckets nf_conntrack_tcp_timeout_established nf_conntrack_udp_timeout',
  )
  expect(left.split('\n')).toEqual(['131072', '100352', '3600', '20'])
  show(`${name}, after the power cycle: ${left.replaceAll('\n', ' ')}`)
}

/** Modules that a rule of nf_tables holds go once it is gone, and stay away. */
async function unloads(name: string): Promise<void> {
  const vm = rig.vm(name)
  const playbook = '  modules: {unload: [nf_conntrack_ftp, nf_conntrack]}\n'
  const loaded = (): Promise<string> =>
    vm.output("awk '/conntrack|^nft_ct/ { print $1 }' /proc/modules | sort | paste -s -d ' '")
  await vm.output(
    'rm -f /etc/modules-load.d/*conntrackctl*; modprobe nf_conntrack_ftp; nft add table ip t; nft add chain ip t input "{ type filter hook input priority 0; }"; nft add rule ip t input ct state new accept',
  )
  const held = await runOn(name, 'apply', playbook)
  const why = held.host.findings.find(({ code }) => code === 'module-held')?.message
  show(`${name}, ${await loaded()}: ${why}`)
  expect(held, JSON.stringify(held.host)).toMatchObject({ exitCode: 6, host: { changes: [] } })
  expect(why).toMatch(/is in use: the rule ip t input: .* holds it$/)

  await vm.output('nft delete table ip t')
  const applied = await runOn(name, 'apply', playbook)
  expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  expect(await loaded()).toBe('')
  await vm.powerCycle()
  await vm.exec('modprobe nf_conntrack; modprobe nf_conntrack_ftp')
  expect(await loaded()).toBe('')
  expect(await runOn(name, 'verify', playbook)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
}
