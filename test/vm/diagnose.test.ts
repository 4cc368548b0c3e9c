import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm, type Vm, type VmRig } from './rig/rig.mjs'

const folder = '/proc/sys/net/netfilter/nf_conntrack_'
const patient = ['--timeout', '60', '--command-timeout', '120']

/** How these tests show what they saw: `npm run test:vm` prints it. */
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

async function countOf(vm: Vm): Promise<number> {
  return Number(await vm.output(`cat ${folder}count`))
}

async function runOn(
  rig: VmRig,
  words: readonly string[],
): Promise<{ exitCode: number | null; host: HostResult }> {
  const { exitCode, result, stderr } = await runOnRig(rig, [...words, ...patient])
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  return { exitCode, host }
}

/** Entries are made in the kernel itself, by netlink: as old, in whatever state and from wherever a load would leave them. */
async function inject(vm: Vm, lines: string): Promise<void> {
  await vm.writeFile('/root/make', lines)
  await vm.output('sh /root/make >/root/batch && conntrack -R /root/batch >/dev/null 2>&1; true')
}

/** Flows of a made load, and how the table has to look before it is diagnosed. */
interface Load {
  readonly name: string
  readonly verdict: string
  readonly timeout: string
  readonly make: (vm: Vm) => Promise<void>
  /** Seconds until enough of it is idle for as long as the cure asks. */
  readonly waitSeconds: number
}

const loads: readonly Load[] = [
  {
    name: 'idle established connections',
    verdict: 'idle-established',
    timeout: 'tcp_established',
    waitSeconds: 0,
    // A day of idleness is not to be waited for: the entries are made with what is left of their five days.
    make: (vm) =>
      inject(
        vm,
        `i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "-I -p tcp --orig-src 10.1.$((i/250)).$((i%250+1)) --orig-dst 10.9.9.9 --sport $((20000+i)) --dport 443 --state ESTABLISHED --timeout $((300000+i*50)) -u SEEN_REPLY,ASSURED"; done\n`,
      ),
  },
  {
    name: 'UDP chatter',
    verdict: 'udp-chatter',
    timeout: 'udp',
    waitSeconds: 14,
    make: async (vm) => {
      await vm.writeFile(
        '/root/udp',
        'for host in {1..4}; do for port in {5001..5300}; do echo x >/dev/udp/127.0.3.$host/$port; done; done\n',
      )
      // Of 30 s, as the kernel has it, a slow machine would leave none before they are looked at.
      await vm.output(`echo 120 >${folder}udp_timeout`)
      await vm.exec('bash /root/udp 2>/dev/null')
    },
  },
  {
    name: 'a SYN flood from one source',
    verdict: 'syn-flood',
    timeout: 'tcp_syn_sent',
    waitSeconds: 33,
    // Nobody answers there: the packets are dropped behind the tracking.
    make: async (vm) => {
      await vm.writeFile(
        '/root/syn',
        'for port in {1..400}; do (exec 3<>/dev/tcp/127.0.4.4/80) & done\nsleep 3\nkill $(jobs -p)\n',
      )
      await vm.exec('iptables -I INPUT -d 127.0.4.4 -j DROP; bash /root/syn >/dev/null 2>&1')
    },
  },
  {
    name: 'TIME_WAIT churn',
    verdict: 'time-wait-churn',
    timeout: 'tcp_time_wait',
    waitSeconds: 33,
    make: async (vm) => {
      await vm.output(
        'systemd-run --quiet --unit=service sh -c "exec nc -lkd 127.0.5.5 8080 >/dev/null"; sleep 1',
      )
      await vm.writeFile(
        '/root/tcp',
        'for turn in {1..600}; do exec 3<>/dev/tcp/127.0.5.5/8080 && exec 3>&-; done\n',
      )
      await vm.exec('bash /root/tcp 2>/dev/null')
    },
  },
]

test('four made loads: each is named, its playbook is applied, and the count falls as it said', async () => {
  await using vm = await startVm({ name: 'web', memoryMiB: 512 })
  await vm.output(
    `modprobe nf_conntrack && iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT && echo 65536 >${folder}max`,
  )
  for (const { name, verdict, timeout, make, waitSeconds } of loads) {
    await vm.exec('conntrack -F; true')
    await make(vm)
    await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000))
    // Nearly full, so that the playbook waits for no timeout.
    const before = await countOf(vm)
    await vm.output(`echo ${Math.ceil(before / 0.9)} >${folder}max`)

    const playbook = `${vm.rig.folder}/${verdict}.yml`
    const seen = await runOn(vm.rig, ['diagnose', '--write', playbook])
    const diagnosis = seen.host.diagnosis
    expect(diagnosis?.verdicts[0]?.code, JSON.stringify(seen.host)).toBe(verdict)
    const cure = diagnosis?.cures.find((one) => one.timeout === timeout)
    const text = await readFile(playbook, 'utf8')
    expect(text).toContain(`      ${timeout}: ${cure?.to_seconds}s\n`)
    expect(text).toContain('  drain:\n')
    show(`${name}: ${diagnosis?.verdicts[0]?.message}`)
    show(`  cure: ${timeout} ${cure?.from_seconds} -> ${cure?.to_seconds} s: ${cure?.arithmetic}`)

    const applied = await runOn(vm.rig, ['apply', playbook, '--allow', 'little-headroom'])
    expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
    const after = await countOf(vm)
    show(`  count ${before} -> ${after}; ${cure?.saves_entries} were to go`)
    expect(before - after).toBeGreaterThan((cure?.saves_entries ?? Infinity) * 0.8)
    // The session that did it is still there, and so is what was to stay.
    expect((await runOn(vm.rig, ['check'])).host.facts?.count).toBeGreaterThan(0)
  }
})
