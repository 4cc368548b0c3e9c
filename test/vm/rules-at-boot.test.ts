import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVms, type Vm, type VmRig, type VmSpec } from './rig/rig.mjs'

const run = promisify(execFile)

/** An emulated processor does a tenth of the work, and shares two real ones with another. */
const timeout = 2_400_000

const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** Accepts on both ports, and answers nothing. */
const server = `use IO::Select;
my @open = map {
  socket(my $server, 2, 1, 6) or die $!;
  setsockopt($server, 1, 2, 1);
  bind($server, pack("SnC4x8", 2, $_, 0, 0, 0, 0)) && listen($server, 64) or die $!;
  $server;
} 8080, 9090;
my $ready = IO::Select->new(@open);
while (1) { for ($ready->can_read) { accept(my $served, $_) and close $served } }
`
const serving = `[Unit]
After=network-online.target
[Service]
ExecStart=/usr/bin/perl /root/server
[Install]
WantedBy=multi-user.target
`

/** As Debian ships it, with rules of somebody's: a default of drop, and both services by their state. */
const nftables = `#!/usr/sbin/nft -f

flush ruleset

table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		icmp type echo-request accept
		ct state new tcp dport 22 accept
		ct state new tcp dport 8080 accept
		ct state new tcp dport 9090 accept # somebody's
	}
	chain output {
		type filter hook output priority filter; policy drop;
		oif lo accept
		ct state established,related accept
	}
}
`
const iptables = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 8080 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 9090 -j ACCEPT
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
COMMIT
`
/** Debian's netfilter-persistent in the few words that matter here. */
const persistent = `[Unit]
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables-restore /etc/iptables/rules.v4
ExecStart=/usr/sbin/ip6tables-restore /etc/iptables/rules.v6
[Install]
WantedBy=multi-user.target
`

const common = {
  distribution: 'bookworm',
  vars: { ansible_user: 'ops', ansible_become: true },
} as const
const services = { '/root/server': server, '/etc/systemd/system/serving.service': serving }
const specs: readonly VmSpec[] = [
  {
    ...common,
    name: 'nftables',
    files: { ...services, '/etc/nftables.conf': nftables },
    commands: ['systemctl enable serving.service nftables.service'],
  },
  {
    ...common,
    name: 'persistent',
    files: {
      ...services,
      '/etc/iptables/rules.v4': iptables,
      '/etc/iptables/rules.v6': iptables,
      '/etc/systemd/system/netfilter-persistent.service': persistent,
    },
    commands: ['systemctl enable serving.service netfilter-persistent.service'],
  },
]

/** 8080 with a rule of ours that accepts it; 9090 by its own rule, once that looks at no state. */
const playbook = `  notrack: [{ports: [8080, 9090], protocol: tcp}]
  stateless_rules: [{port: 9090, protocol: tcp}]
`

let rig: VmRig

beforeAll(async () => {
  rig = await startVms(specs)
}, timeout)
afterAll(() => rig?.stop())

/** Connects so often, each time until the server has closed; prints how often that was. */
const client = `import socket, sys
answered = 0
for _ in range(int(sys.argv[3])):
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10) as s:
            answered += s.recv(1) == b""
    except OSError:
        pass
print(answered)
`

/** Connects from outside the machine, from the network in which it stands. */
async function knock(name: string, port: number): Promise<number> {
  const address = `10.201.${specs.findIndex((spec) => spec.name === name)}.2`
  const words = ['-t', String(rig.keeper), '--net', 'python3', '-c', client, address, String(port), '20']
  return Number((await run('nsenter', words)).stdout)
}

async function entries(vm: Vm, port: number): Promise<number> {
  return Number(await vm.output(`conntrack -L -p tcp --dport ${port} 2>/dev/null | wc -l`))
}

async function runOn(name: string, command: string): Promise<{ exitCode: number | null; host: HostResult }> {
  const file = `${rig.folder}/${name}.yml`
  await writeFile(file, `- hosts: ${name}\n${playbook}`)
  const words = [command, file, '--timeout', '300', '--command-timeout', '300']
  const { exitCode, result, stderr } = await runOnRig(
    { inventoryPath: rig.inventoryPath, folder: `${rig.folder}/${name}` },
    words,
  )
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  return { exitCode, host }
}

test.concurrent.each(specs)(
  '$name: services stay untracked through a power cycle, one by a rule of ours and one by its own',
  { timeout },
  async ({ name }) => {
    const vm = rig.vm(name)
    await vm.output('systemctl start serving.service')
    const rulesOf = (): Promise<string> =>
      vm.output('nft list ruleset 2>/dev/null | grep -E "dport (8080|9090)"')
    expect([await knock(name, 8080), await knock(name, 9090)]).toEqual([20, 20])
    const tracked = [await entries(vm, 8080), await entries(vm, 9090)]
    for (const count of tracked) expect(count).toBeGreaterThanOrEqual(20)

    const applied = await runOn(name, 'apply')
    expect(applied, JSON.stringify(applied.host)).toMatchObject({
      exitCode: 0,
      host: { status: 'changed', confirmation: { state: 'confirmed' } },
    })
    expect([await knock(name, 8080), await knock(name, 9090)]).toEqual([20, 20])

    const before = await vm.bootId()
    await vm.powerCycle()
    expect(await vm.bootId()).not.toBe(before)
    expect([await knock(name, 8080), await knock(name, 9090)]).toEqual([20, 20])
    const after = [await entries(vm, 8080), await entries(vm, 9090)]
    show(
      `${name}: ${tracked.join(' and ')} entries when tracked, ${after.join(' and ')} after the power cycle`,
    )
    expect(after).toEqual([0, 0])
    const rules = await rulesOf()
    show(rules.replaceAll(/\s*\n\s*/g, '\n    '))
    // 9090 is let in by the rule that was there, and by none of ours.
    expect(rules).not.toMatch(/(?:state|ctstate) .*dport 9090 .*accept/i)
    const verified = await runOn(name, 'verify')
    expect(verified, JSON.stringify(verified.host)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
  },
)
