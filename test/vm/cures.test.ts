import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm, type Vm, type VmRig } from './rig/rig.mjs'

const run = promisify(execFile)

const patient = ['--timeout', '60', '--command-timeout', '120']

/** How these tests show what they saw: `npm run test:vm` prints it. */
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** Runs the program on the one machine with a playbook of this text. */
async function runOn(
  rig: VmRig,
  command: string,
  text: string,
): Promise<{ exitCode: number | null; host: HostResult }> {
  const file = `${rig.folder}/cure.yml`
  await writeFile(file, `- hosts: all\n${text}`)
  const { exitCode, result, stderr } = await runOnRig(rig, [command, file, ...patient])
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  return { exitCode, host }
}

/** A default-drop firewall that knows states. */
const rules = (icmp: string): string => `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ${icmp} -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 8080 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 9090 -j ACCEPT
-A OUTPUT -p ${icmp} -j ACCEPT
-A OUTPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
COMMIT
`

/** Debian's iptables-persistent in the few words that matter here. */
const loader = `[Unit]
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/iptables-legacy-restore /etc/iptables/rules.v4
ExecStart=/usr/sbin/ip6tables-legacy-restore /etc/iptables/rules.v6
[Install]
WantedBy=multi-user.target
`

/** Accepts on both ports, and answers nothing. */
const server = `use IO::Select;
my @open = map {
  socket(my $server, 2, 1, 6) or die $!;
  setsockopt($server, 1, 2, 1);
  bind($server, pack("SnC4x8", 2, $_, 0, 0, 0, 0)) && listen($server, 64) or die $!;
  $server;
} 8080, 9090;
system("systemd-notify", "--ready");
my $ready = IO::Select->new(@open);
while (1) { for ($ready->can_read) { accept(my $served, $_) and close $served } }
`

/** Connects to both so often, each time until the server has closed; prints how often that was. */
const client = `import socket, sys
for port in 8080, 9090:
    answered = 0
    for _ in range(int(sys.argv[1])):
        try:
            with socket.create_connection(("10.201.0.2", port), timeout=5) as s:
                answered += s.recv(1) == b""
        except OSError:
            pass
    print(answered)
`

/** Knocks from outside the machine, from the network in which it stands: how often each port answered. */
async function knock({ rig, ...vm }: Vm & { rig: VmRig }, count: number): Promise<readonly number[]> {
  // Returns once the server says that it listens.
  await vm.output(
    'systemctl is-active --quiet echo || systemd-run --quiet --unit=echo --service-type=notify --property=NotifyAccess=all perl /root/server',
  )
  const words = ['-t', String(rig.keeper), '--net', 'python3', '-c', client, String(count)]
  return (await run('nsenter', words)).stdout.trim().split('\n').map(Number)
}

async function entries(vm: Vm): Promise<number> {
  return Number(await vm.output("grep -c -E 'dport=(8080|9090)' /proc/net/nf_conntrack || :"))
}

test('services stay untracked through a power cycle behind a default-drop firewall, by our rule and by their own', async () => {
  await using vm = await startVm({
    name: 'web',
    files: {
      '/root/server': server,
      '/etc/iptables/rules.v4': rules('icmp'),
      '/etc/iptables/rules.v6': rules('ipv6-icmp'),
      '/etc/systemd/system/netfilter-persistent.service': loader,
    },
    commands: ['systemctl enable netfilter-persistent.service'],
  })
  // A rule of ours lets in 8080 untracked; 9090 is let in by its own, once that looks at no state.
  const playbook =
    '  notrack: [{ports: [8080, 9090], protocol: tcp}]\n  stateless_rules: [{port: 9090, protocol: tcp}]\n'
  expect(await knock(vm, 20)).toEqual([20, 20])
  const tracked = await entries(vm)
  expect(tracked).toBeGreaterThanOrEqual(40)

  const applied = await runOn(vm.rig, 'apply', playbook)
  expect(applied, JSON.stringify(applied.host)).toMatchObject({
    exitCode: 0,
    host: { status: 'changed', confirmation: { state: 'confirmed' } },
  })
  const before = await entries(vm)
  expect(await knock(vm, 20)).toEqual([20, 20])
  expect(await entries(vm)).toBeLessThanOrEqual(before)

  const boot = await vm.bootId()
  await vm.powerCycle()
  expect(await vm.bootId()).not.toBe(boot)
  expect(await knock(vm, 20)).toEqual([20, 20])
  const after = await entries(vm)
  show(`40 connections: ${tracked} entries when tracked, ${after} after the power cycle`)
  expect(after).toBe(0)
  const accepting = (await vm.output('iptables-legacy -S INPUT')).match(/^.*--dport 9090 .*-j ACCEPT$/gm)
  show(`its own rule: ${accepting?.join('; ')}`)
  expect(accepting).toEqual(['-A INPUT -p tcp -m tcp --dport 9090 -j ACCEPT'])
  expect(await runOn(vm.rig, 'verify', playbook)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
})

test('modules go in their order and stay away through a power cycle, unless a rule holds them', async () => {
  await using vm = await startVm({ name: 'web' })
  const loaded = async (): Promise<string> =>
    vm.output("awk '/conntrack|^xt_|^nf_defrag/ { print $1 }' /proc/modules | sort | paste -s -d ' '")
  const playbook = '  modules: {unload: [nf_conntrack_ftp, nf_conntrack]}\n'
  await vm.output('modprobe nf_conntrack_ftp && iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT')
  show(`loaded: ${await loaded()}`)

  const held = await runOn(vm.rig, 'apply', playbook)
  const why = held.host.findings.find(({ code }) => code === 'module-held')?.message
  show(`refused: ${why}`)
  expect(held).toMatchObject({ exitCode: 6, host: { changes: [] } })
  expect(why).toMatch(/^xt_conntrack is in use: the rule ip filter INPUT: .* holds it$/)

  await vm.output('iptables -D INPUT -m conntrack --ctstate NEW -j ACCEPT')
  const applied = await runOn(vm.rig, 'apply', playbook)
  expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  const order = applied.host.changes.filter(({ kind }) => kind === 'module').map(({ key }) => key)
  show(`unloaded, in this order: ${order.join(', ')}`)
  expect(order.indexOf('nf_conntrack_ftp')).toBeLessThan(order.indexOf('nf_conntrack'))
  expect(await loaded()).not.toContain('nf_conntrack')

  await vm.powerCycle()
  await vm.exec('modprobe nf_conntrack; modprobe nf_conntrack_ftp')
  const { stderr } = await vm.exec('iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT')
  show(
    `after the power cycle, asked for by name and by a rule: ${(await loaded()) || 'none'}; ${stderr.trim()}`,
  )
  expect(await loaded()).not.toContain('nf_conntrack')
  expect(await runOn(vm.rig, 'verify', playbook)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
})
