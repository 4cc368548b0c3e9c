import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm, type Vm, type VmRig } from './rig/rig.mjs'

const login = promisify(execFile)

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

/** Runs a Perl program in the machine: one process can be a whole crowd. */
async function perl(vm: Vm, text: string): Promise<string> {
  await vm.writeFile('/root/program', text)
  return vm.output('perl /root/program')
}

/** Changes entries in the kernel, or makes them, so many in a message; no answer is asked for. */
const netlink = `socket(my $kernel, 16, 3, 12) or die $!;
my ($all, $waiting) = ("", 0);
sub attribute { my ($type, $value) = @_; pack("SS", 4 + length $value, $type) . $value . "\\0" x (-length($value) % 4) }
sub tuple {
  my ($type, $proto, $from, $to, $sport, $dport) = @_;
  attribute($type | 32768, attribute(32769, attribute(1, $from) . attribute(2, $to))
    . attribute(32770, attribute(1, pack "C", $proto) . attribute(2, pack "n", $sport) . attribute(3, pack "n", $dport)));
}
sub change {
  my ($many, $body) = @_;
  $all .= pack("LSSLLCCn", 20 + length $body, 256, 1025, 1, 0, 2, 0, 0) . $body;
  return if ++$waiting < $many;
  defined send($kernel, $all, 0) or die $!;
  ($all, $waiting) = ("", 0);
}
`

const isFull = process.env['CONNTRACKCTL_TRIALS'] === 'full'

/**
 * Until entries have been idle for so long. Where trials are not full, what is left of their time is shortened by netlink
 * instead, which is the same to whoever reads the table.
 */
async function age(vm: Vm, pattern: string, limitSeconds: number, idleSeconds: number): Promise<void> {
  if (isFull) await new Promise((resolve) => setTimeout(resolve, (idleSeconds + 3) * 1000))
  else {
    const left = limitSeconds - idleSeconds - 3
    await perl(
      vm,
      `${netlink}open my $table, "<", "/proc/net/nf_conntrack" or die $!;
      my @lines = grep { index($_, "${pattern}") >= 0 } <$table>;
      for (@lines) {
        my ($proto, $from, $to, $sport, $dport) = /^\\S+ +\\d+ \\S+ +(\\d+) .*?src=(\\S+) dst=(\\S+) sport=(\\d+) dport=(\\d+)/ or next;
        my @ends = map { pack "C4", split /\\./ } $from, $to;
        change(1, tuple(1, $proto, @ends, $sport, $dport) . attribute(7, pack "N", ${left}));
      }\n`,
    )
    const now = await secondsLeft(vm, pattern)
    expect(Math.max(...now)).toBeLessThanOrEqual(left)
  }
}

/** A made load: what is seen in it, and which timeout cures it. */
interface Load {
  readonly name: string
  readonly verdict: string
  readonly timeout: string
  /** Of its entries, for `grep` over the table. */
  readonly pattern: string
  readonly make: (vm: Vm) => Promise<unknown>
}

const loads: readonly Load[] = [
  {
    name: 'idle established connections',
    verdict: 'idle-established',
    timeout: 'tcp_established',
    pattern: 'dst=10.9.9.9 ',
    // A day of idleness is not to be waited for: the entries are made with what is left of their five days.
    make: async (vm) => {
      await vm.writeFile(
        '/root/make',
        `BEGIN { for (i = 1; i <= 2000; i++) print "-I -p tcp --orig-src 10.1." int(i / 250) "." i % 250 + 1 " --orig-dst 10.9.9.9 --sport " 20000 + i " --dport 443 --state ESTABLISHED --timeout " 300000 + i * 50 " -u SEEN_REPLY,ASSURED" }\n`,
      )
      await vm.output('awk -f /root/make >/root/batch && conntrack -R /root/batch >/dev/null 2>&1')
    },
  },
  {
    name: 'UDP chatter',
    verdict: 'udp-chatter',
    timeout: 'udp',
    pattern: 'dst=127.0.3.',
    make: async (vm) => {
      // Of 30 s, as the kernel has it, a slow machine would leave none before they are looked at.
      await vm.output(`echo 120 >${folder}udp_timeout`)
      await perl(
        vm,
        `for my $host (1 .. 4) {
          for my $port (5001 .. 5300) {
            socket(my $s, 2, 2, 17) or die $!;
            send $s, "x", 0, pack("SnC4x8", 2, $port, 127, 0, 3, $host);
          }
        }\n`,
      )
      await age(vm, 'dst=127.0.3.', 120, 10)
    },
  },
  {
    name: 'a SYN flood from one source',
    verdict: 'syn-flood',
    timeout: 'tcp_syn_sent',
    pattern: 'dst=127.0.4.4 ',
    // Nobody answers there: the packets are dropped behind the tracking.
    make: async (vm) => {
      await vm.output('iptables -I INPUT -d 127.0.4.4 -j DROP; iptables -I INPUT -s 127.0.4.4 -j DROP')
      await perl(
        vm,
        `my @open;
        for (1 .. 400) {
          socket(my $s, 2, 1 | 2048, 6) or die $!;
          connect $s, pack("SnC4x8", 2, 80, 127, 0, 4, 4);
          push @open, $s;
        }\n`,
      )
      await age(vm, 'dst=127.0.4.4 ', 120, 30)
    },
  },
  {
    name: 'TIME_WAIT churn',
    verdict: 'time-wait-churn',
    timeout: 'tcp_time_wait',
    pattern: 'dst=127.0.5.5 ',
    make: async (vm) => {
      await perl(
        vm,
        `my $place = pack("SnC4x8", 2, 8080, 127, 0, 5, 5);
        socket(my $server, 2, 1, 6) or die $!;
        bind($server, $place) && listen($server, 64) or die $!;
        for my $i (1 .. 600) {
          socket(my $client, 2, 1, 6) or die $!;
          bind($client, pack("SnC4x8", 2, 0, 127, 0, 6, $i % 200 + 1)) or die $!;
          connect($client, $place) && accept(my $served, $server) or die $!;
          close $client;
          close $served;
        }\n`,
      )
      await age(vm, 'dst=127.0.5.5 ', 120, 30)
    },
  },
]

/** What is left of the time of a load's entries. */
async function secondsLeft(vm: Vm, pattern: string): Promise<readonly number[]> {
  const text = await vm.output(
    `grep -F ${JSON.stringify(pattern)} /proc/net/nf_conntrack | awk '{ print $5 }'`,
  )
  return text.split('\n').filter(Boolean).map(Number)
}

test('four made loads: each is named, its playbook is applied, and the count falls as it said', async () => {
  await using vm = await startVm({ name: 'web', memoryMiB: 512 })
  await vm.output(`modprobe nf_conntrack && iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT`)
  for (const { name, verdict, timeout, pattern, make } of loads) {
    await vm.exec(`conntrack -F; echo 65536 >${folder}max`)
    await make(vm)
    // Nearly full, so that the playbook waits for no timeout.
    await vm.output(`echo ${Math.ceil((await countOf(vm)) / 0.9)} >${folder}max`)

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

    // The control: what of it would be gone by then in any case, as its time is over.
    const before = await secondsLeft(vm, pattern)
    const begun = performance.now()
    const applied = await runOn(vm.rig, ['apply', playbook, '--allow', 'little-headroom'])
    expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
    const after = (await secondsLeft(vm, pattern)).length
    const seconds = (performance.now() - begun) / 1000
    const byThemselves = before.filter((left) => left <= seconds + 1).length
    const drained = applied.host.findings.find(({ code }) => code === 'drained')?.message
    show(
      `  entries ${before.length} -> ${after} in ${seconds.toFixed(1)} s, ${byThemselves} of them by themselves; ${cure?.saves_entries} were to go; ${drained}`,
    )
    expect(before.length - byThemselves - after).toBeGreaterThan((cure?.saves_entries ?? Infinity) * 0.8)
    // The session that did it is still there, and so is what was to stay.
    expect(await countOf(vm)).toBeGreaterThan(0)
    if (verdict === 'idle-established') await drainsAgain(vm, playbook, make)
  }
})

/** Entries in use stay, `verify` is content; new ones that are idle are drained as well, under the shortened timeout. */
async function drainsAgain(vm: Vm & { rig: VmRig }, playbook: string, make: Load['make']): Promise<void> {
  const inUse = async (): Promise<number> => (await secondsLeft(vm, 'dst=10.9.9.8 ')).length
  await vm.output(
    'for i in $(seq 30); do conntrack -I -p tcp -s 10.2.0.$i -d 10.9.9.8 --sport $((20000 + i)) --dport 443 --state ESTABLISHED --timeout 3590 -u SEEN_REPLY,ASSURED; done >/dev/null 2>&1',
  )
  expect(await inUse()).toBe(30)
  const content = await runOn(vm.rig, ['verify', playbook, '--allow', 'little-headroom'])
  expect(content, JSON.stringify(content.host)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
  if (!isFull) return

  // Made with what is left of five days, which is what they had before the timeout was shortened to an hour.
  await make(vm)
  const more = await runOn(vm.rig, ['verify', playbook, '--allow', 'little-headroom'])
  expect(more.exitCode, JSON.stringify(more.host)).toBe(10)
  const [pending] = more.host.changes
  expect(pending).toMatchObject({ kind: 'drain', before: '2000', after: '0' })
  // Four days and more, and not the hour that the timeout is by now.
  expect(pending?.reason).toMatch(/ would be gone in (?:39\d{4}|400000) s$/)
  show(`  2000 more: ${pending?.key}: ${pending?.before} -> ${pending?.after}; ${pending?.reason}`)
  const again = await runOn(vm.rig, ['apply', playbook, '--allow', 'little-headroom'])
  expect(again, JSON.stringify(again.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  show(`  ${again.host.findings.find(({ code }) => code === 'drained')?.message}; in use ${await inUse()}`)
  expect(await inUse()).toBe(30)
  expect(await secondsLeft(vm, 'dst=10.9.9.9 ')).toEqual([])
  const done = await runOn(vm.rig, ['verify', playbook, '--allow', 'little-headroom'])
  expect(done, JSON.stringify(done.host)).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
}

/** A million; where trials are not full, as many as take no minute to make. */
const most = isFull ? 1_000_000 : 200_000

/** So many entries, five hundred a message. */
const huge = `${netlink}my $rest = attribute(7, pack "N", 300000) . attribute(3, pack "N", 14)
  . attribute(32772, attribute(32769, attribute(1, pack "C", 3)));
my $there = pack "C4", 10, 9, 9, 9;
for my $i (1 .. ${most}) {
  my ($here, $port) = (pack("N", 0x0a010000 + $i % 5000), 1024 + int($i / 5000));
  change(500, tuple(1, 6, $here, $there, $port, 443) . tuple(2, 6, $there, $here, 443, $port) . $rest);
}
`

/** Ticks of the processors at work since the start, hundredths of a second each; bytes over the network card. */
async function spent(vm: Vm): Promise<{ readonly ticks: number; readonly bytes: number }> {
  const text = await vm.output(
    "awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 }' /proc/stat; cat /sys/class/net/vec0/statistics/?x_bytes",
  )
  const [ticks = 0, received = 0, sent = 0] = text.split('\n').map(Number)
  return { ticks, bytes: received + sent }
}

test(`a table of ${most} entries is diagnosed within 3 s of the processor and 64 KB`, async () => {
  await using vm = await startVm({ name: 'huge', memoryMiB: isFull ? 1536 : 768 })
  await vm.output(
    `modprobe nf_conntrack hashsize=1048576 && iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT && echo 1100000 >${folder}max`,
  )
  const begun = performance.now()
  await perl(vm, huge)
  const count = await countOf(vm)
  show(`${count} entries made in ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  expect(count).toBeGreaterThanOrEqual(most)
  const empty = await spent(vm)
  await login('ssh', ['-F', vm.rig.sshConfig, vm.name, 'true'])
  const before = await spent(vm)
  const { host } = await runOn(vm.rig, ['diagnose'])
  const after = await spent(vm)
  const loginSeconds = (before.ticks - empty.ticks) / 100
  const [seconds, bytes] = [(after.ticks - before.ticks) / 100, after.bytes - before.bytes]
  show(
    `diagnosed by ${seconds.toFixed(2)} s of the processor, of which ${loginSeconds.toFixed(2)} s are a login as such, and ${bytes} bytes over the wire`,
  )
  expect(host.diagnosis?.verdicts[0]?.code, JSON.stringify(host)).toBe('idle-established')
  // What a login costs on this slow kernel, whatever runs in it, is none of ours.
  expect(seconds - loginSeconds).toBeLessThanOrEqual(3)
  expect(bytes).toBeLessThanOrEqual(65_536)
})
