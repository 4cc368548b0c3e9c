import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm, type Vm, type VmRig } from './rig/rig.mjs'

/** An emulated processor does a tenth of the work. */
const timeout = 2_400_000

const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

const playbook = `- hosts: all
  conntrack:
    max: 131072
    hashsize: 100000
    timeouts: {udp: 20s}
`

/** The only host of a run, which has to end in 0. */
async function runOn(rig: VmRig, command: string): Promise<HostResult> {
  const file = `${rig.folder}/playbook.yml`
  await writeFile(file, playbook)
  const words = [command, file, '--timeout', '300', '--command-timeout', '300']
  const { exitCode, result, stderr } = await runOnRig(rig, words)
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  expect(exitCode, JSON.stringify(host)).toBe(0)
  return host
}

/** `BUCKETS MAX UDP` as the kernel has them. */
async function sizes(vm: Vm): Promise<string> {
  const files = 'nf_conntrack_buckets nf_conntrack_max nf_conntrack_udp_timeout'
  return (await vm.output(`cd /proc/sys/net/netfilter; cat ${files}`)).replaceAll('\n', ' ')
}

const ours = '/etc/sysctl.d/zz-conntrackctl.conf'

test(
  'an initramfs that loads conntrack has the hashsize of the day it was made, and our sysctl has the last word',
  { timeout },
  async () => {
    await using vm = await startVm({
      name: 'web',
      distribution: 'bookworm',
      vars: { ansible_user: 'ops', ansible_become: true },
      files: {
        '/etc/modprobe.d/a.conf': 'options nf_conntrack hashsize=10000\n',
        // Not a thousand drivers, which would take an emulated processor minutes to pack.
        '/etc/initramfs-tools/conf.d/few': 'MODULES=list\nCOMPRESS=gzip\n',
        '/etc/initramfs-tools/modules': 'virtio_pci\nvirtio_blk\next4\nnf_conntrack\n',
      },
    })
    await vm.output('update-initramfs -u -k all')
    await vm.output('echo "options nf_conntrack hashsize=20000" >/etc/modprobe.d/a.conf')
    await vm.powerCycle()
    const copied = await sizes(vm)
    show(`modprobe.d says 20000, the initramfs has 10000: ${copied}`)
    expect(copied).toMatch(/^10240 81920 /)

    const applied = await runOn(vm.rig, 'apply')
    expect(applied.status).toBe('changed')
    const named = applied.findings.find(({ code }) => code === 'initramfs-copy')
    expect(named?.severity, JSON.stringify(applied.findings)).toBe('info')
    // Nothing else is worth a word but the line of before, which no longer counts.
    expect(applied.findings.map(({ code }) => code).toSorted()).toEqual([
      'initramfs-copy',
      'other-assignment',
    ])
    const hint = named?.hint ?? ''
    show(hint)
    await vm.powerCycle()
    const set = await sizes(vm)
    show(`with the same initramfs, after the power cycle: ${set}`)
    expect(set).toBe('100352 131072 20')
    expect((await runOn(vm.rig, 'verify')).status).toBe('ok')

    // The command that the hint names puts it right from the start: without our sysctls, max is eight times the buckets.
    await vm.output(/`(.+?)`/.exec(hint)?.[1] ?? 'false')
    await vm.output(`mv ${ours} /root`)
    await vm.powerCycle()
    const remade = await sizes(vm)
    show(`with the initramfs made anew, and no sysctls: ${remade}`)
    expect(remade).toMatch(/^100352 802816 /)
  },
)
