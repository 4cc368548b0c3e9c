import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm } from './rig/rig.mjs'

const wished = { max: 131_072, hashsize: 100_352, established: 3600, udp: 20 }
const read = `cd /proc/sys/net/netfilter && cat nf_conntrack_max /sys/module/nf_conntrack/parameters/hashsize \
  nf_conntrack_tcp_timeout_established nf_conntrack_udp_timeout`

/** User-mode-linux has no nf_tables, and is built by other people with other options than what hosts boot. */
test(
  'the kernel that Debian’s cloud images boot, under a firewall of nftables, keeps the wish over a power cycle',
  {
    timeout: 1_200_000,
  },
  async () => {
    await using vm = await startVm({
      name: 'cloud',
      kernel: 'distribution',
      memoryMiB: 512,
      vars: { ansible_user: 'ops', ansible_become: true },
      files: {
        '/etc/nftables.conf':
          '#!/usr/sbin/nft -f\ntable inet filter { chain input { type filter hook input priority 0; ct state invalid drop; } }\n',
      },
      commands: ['systemctl enable nftables.service'],
    })
    expect(await vm.output('uname -r')).toMatch(/^6\.1\.0-\d+-cloud-amd64$/)
    // The firewall has loaded the module, and counts connections: ours that is to come among them.
    expect(await vm.output('cat /sys/module/nf_conntrack/initstate')).toBe('live')
    const playbook = `${vm.rig.folder}/playbook.yml`
    await writeFile(
      playbook,
      `- name: Raise the ceiling
  hosts: all
  conntrack:
    max: ${wished.max}
    hashsize: 100000
    timeouts: {tcp_established: ${wished.established}s, udp: ${wished.udp}s}
`,
    )
    const run = (command: string) => runOnRig(vm.rig, [command, playbook, '--timeout', '120'])

    expect(await run('apply')).toMatchObject({ exitCode: 0, result: { hosts: [{ status: 'changed' }] } })
    expect((await vm.output(read)).split('\n').map(Number)).toEqual(Object.values(wished))
    await vm.powerCycle()
    expect((await vm.output(read)).split('\n').map(Number)).toEqual(Object.values(wished))
    const { exitCode, result } = await run('verify')
    expect({ exitCode, host: result.hosts[0] }).toMatchObject({
      exitCode: 0,
      host: { status: 'ok', changes: [] },
    })
    const { kernel } = result.hosts[0]?.facts ?? {}
    process.stdout.write(`  ${kernel}: ${JSON.stringify(wished)} after the power cycle\n`)
  },
)
