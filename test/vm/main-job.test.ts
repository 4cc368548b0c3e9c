import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import type { HostResult } from '../../src/report/host-result.ts'
import { runOnRig } from '../hosts/run-on-rig.ts'
import { startVm, type Vm, type VmRig } from './rig/rig.mjs'

const run = promisify(execFile)

const netfilter = '/proc/sys/net/netfilter'
const paths = {
  max: `${netfilter}/nf_conntrack_max`,
  buckets: `${netfilter}/nf_conntrack_buckets`,
  count: `${netfilter}/nf_conntrack_count`,
  established: `${netfilter}/nf_conntrack_tcp_timeout_established`,
  udp: `${netfilter}/nf_conntrack_udp_timeout`,
  hashsize: '/sys/module/nf_conntrack/parameters/hashsize',
}

/** How these tests show what they saw: `npm run test:vm` prints it. */
const show = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** As an operator comes: by a user of their own, who has sudo and no password. */
const asOps = { ansible_user: 'ops', ansible_become: true }

/** Makes the machine ask the table for every packet, of its own as well. */
const track = 'iptables -A INPUT -m conntrack --ctstate NEW -j ACCEPT'

async function numberAt(vm: Vm, path: string): Promise<number> {
  return Number(await vm.output(`cat ${path}`))
}

/** A counter of /proc/net/stat/nf_conntrack, of all CPUs together. */
async function counter(vm: Vm, name: string): Promise<number> {
  const [names = [], ...rows] = (await vm.output('cat /proc/net/stat/nf_conntrack'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  expect(names).toContain(name)
  return rows.reduce((sum, row) => sum + Number.parseInt(row[names.indexOf(name)] ?? '', 16), 0)
}

/** New connections from the machine itself without end, each of a port of its own: UDP that nobody answers. */
async function startFlood(vm: Vm): Promise<void> {
  await vm.writeFile(
    '/root/flood',
    'while :; do for port in {5000..5019}; do echo x >/dev/udp/127.0.0.1/$port; done; sleep 0.05; done\n',
  )
  await vm.output('systemd-run --quiet --unit=flood --property=StandardError=null bash /root/flood')
}

/** Connections in use take the whole table, before the flood goes on: entries that the kernel throws out for nobody. */
async function fillWithEstablished(vm: Vm, max: number): Promise<void> {
  await vm.output(
    `systemctl kill --signal=STOP flood; conntrack -F >/dev/null 2>&1
     for i in $(seq ${2 * max}); do
       conntrack -I -p tcp -s 10.1.0.$i -d 10.9.9.9 --sport $((20000 + i)) --dport 443 --state ESTABLISHED --timeout 3600 -u SEEN_REPLY,ASSURED
     done >/dev/null 2>&1
     conntrack -L -p tcp 2>/dev/null | grep -c '^tcp.*ESTABLISHED.*src=10[.]1[.]0[.].*ASSURED' >/root/established
     systemctl kill --signal=CONT flood`,
  )
  expect(await numberAt(vm, '/root/established')).toBe(max)
}

async function write(rig: VmRig, name: string, text: string): Promise<string> {
  const file = `${rig.folder}/${name}`
  await writeFile(file, text)
  return file
}

/** Our own connection is one of those that a full table or a long chain drops: TCP has to ask again. */
const patient = ['--timeout', '180', '--login-timeout', '60']

/** The only host of a run. */
async function runOn(
  rig: VmRig,
  words: readonly string[],
): Promise<{ exitCode: number | null; host: HostResult }> {
  const { exitCode, result, stderr } = await runOnRig(rig, [...words, ...patient])
  const [host] = result.hosts
  if (host === undefined) throw new Error(stderr)
  return { exitCode, host }
}

function messageOf({ findings }: HostResult, code: string): string {
  return findings.find((finding) => finding.code === code)?.message ?? `no finding ${code}`
}

test('a host without the module, changed through sudo, is as wished after a real power cycle', async () => {
  await using vm = await startVm({ name: 'web', vars: asOps })
  const playbook = await write(
    vm.rig,
    'playbook.yml',
    `- name: Raise the ceiling
  hosts: all
  conntrack:
    max: 131072
    hashsize: 100000
    timeouts: {tcp_established: 1h, udp: 20s}
`,
  )
  const wished = { max: 131072, buckets: 100352, established: 3600, udp: 20, hashsize: 100352 }
  const values = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.keys(wished).map(async (name) => [
          name,
          await numberAt(vm, paths[name as keyof typeof paths]),
        ]),
      ),
    )
  expect((await vm.exec('ls -d /sys/module/nf_conntrack')).code).not.toBe(0)

  const applied = await runOn(vm.rig, ['apply', playbook])
  expect(applied).toMatchObject({ exitCode: 0, host: { status: 'changed', error: null } })
  // Unless told to, it does not have a running host track connections that tracked none before.
  expect(applied.host.changes.map(({ kind }) => kind)).toEqual(['file', 'file', 'file'])
  expect((await vm.exec('ls -d /sys/module/nf_conntrack')).code).not.toBe(0)

  const before = await vm.bootId()
  await vm.powerCycle()
  expect(await vm.bootId()).not.toBe(before)
  const verified = await runOn(vm.rig, ['verify', playbook])
  expect(verified).toMatchObject({ exitCode: 0, host: { status: 'ok', changes: [], findings: [] } })
  // Read past the program, by the machine's own cat.
  const left = await values()
  expect(left).toEqual(wished)
  show(`after the power cycle: ${JSON.stringify(left)}`)
})

test('a full table is relieved over ssh while it drops packets, and verify counts', async () => {
  // As much memory as half a million entries may take.
  await using vm = await startVm({ name: 'gateway', memoryMiB: 2048, vars: asOps })
  const playbook = 'playbooks/relieve-now.yml'
  const full = 64
  await vm.output(
    `modprobe nf_conntrack && echo 512 >${paths.hashsize} && echo ${full} >${paths.max} && echo 600 >${paths.udp} && ${track}`,
  )
  await startFlood(vm)
  await vi.waitFor(async () => expect(await counter(vm, 'drop')).toBeGreaterThan(100), { timeout: 60_000 })
  expect(await vm.kernelLog()).toContain('nf_conntrack: table full, dropping packet')
  expect(await numberAt(vm, paths.count)).toBeGreaterThan(full * 0.9)

  const seen = await runOn(vm.rig, ['verify', playbook])
  expect(seen.exitCode).toBe(10)
  expect(messageOf(seen.host, 'drops')).toMatch(/^\d+ packets of new connections dropped .* since boot$/)
  const dropsBefore = await counter(vm, 'drop')
  show(`full: ${seen.host.facts?.count} of ${seen.host.facts?.max} entries; ${messageOf(seen.host, 'drops')}`)
  await vi.waitFor(async () => expect(await counter(vm, 'drop')).toBeGreaterThan(dropsBefore), {
    timeout: 60_000,
  })

  await fillWithEstablished(vm, full)
  await vm.output('iptables -t raw -A PREROUTING -p tcp --dport 22 --syn')
  const knocks = "iptables -t raw -L PREROUTING -vnx | awk '/dpt:22/ {print $1}'"
  const refused = await counter(vm, 'drop')
  const applying = runOn(vm.rig, ['apply', playbook])
  const knockedMoreThan = (times: number) =>
    vi.waitFor(async () => expect(Number(await vm.output(knocks))).toBeGreaterThan(times), {
      timeout: 120_000,
      interval: 500,
    })
  // Until connections end, the kernel throws nothing out, and nobody gets in. The rig's entrance knocks for us, again and
  // again; that it gives up ends a try, and the next one begins.
  await knockedMoreThan(2)
  expect(await counter(vm, 'drop')).toBeGreaterThan(refused)
  await run('nsenter', [
    '-t',
    String(vm.rig.keeper),
    '--net',
    'ss',
    '-K',
    'state',
    'syn-sent',
    'dport',
    '=',
    '22',
  ])
  await knockedMoreThan(Number(await vm.output(knocks)))
  expect(await numberAt(vm, paths.max)).toBe(full)
  let hasEnded = false
  void applying.finally(() => (hasEnded = true)).catch(() => {})
  let ending = 1
  await vi.waitFor(
    async () => {
      await vm.output(
        `for i in $(seq ${ending} ${ending + 7}); do conntrack -D -p tcp --orig-src 10.1.0.$i; done >/dev/null 2>&1 || true`,
      )
      ending += 8
      expect(hasEnded).toBe(true)
    },
    { timeout: 180_000, interval: 1000 },
  )
  const applied = await applying
  expect(applied, JSON.stringify(applied.host)).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  expect(applied.host.tries).toBeGreaterThan(1)
  show(`in at try ${applied.host.tries}`)
  const dropsAfter = await counter(vm, 'drop')
  expect(dropsAfter).toBeGreaterThan(dropsBefore)
  expect(await numberAt(vm, paths.max)).toBe(524288)
  const logged = (await vm.kernelLog()).match(/table full/g)?.length

  // The same connections still come, many times as many as had room before.
  await vi.waitFor(async () => expect(await numberAt(vm, paths.count)).toBeGreaterThan(10 * full), {
    timeout: 60_000,
  })
  expect(await counter(vm, 'drop')).toBe(dropsAfter)
  expect((await vm.kernelLog()).match(/table full/g)?.length).toBe(logged)
  const cured = await runOn(vm.rig, ['verify', playbook])
  expect(cured).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
  expect(messageOf(cured.host, 'no-more-drops')).toContain(`(${dropsAfter} before)`)
  show(
    `relieved: ${cured.host.facts?.count} of ${cured.host.facts?.max} entries; ${messageOf(cured.host, 'no-more-drops')}`,
  )
})

test('long chains drop connections without a word in the log: verify names them, apply cures them', async () => {
  await using vm = await startVm({ name: 'resolver', vars: asOps })
  expect(await vm.output('uname -r')).toMatch(/^6\.1\./)
  const playbook = await write(
    vm.rig,
    'playbook.yml',
    '- name: Room for all\n  hosts: all\n  conntrack:\n    max: 65536\n',
  )
  await vm.output(
    `modprobe nf_conntrack && echo 512 >${paths.hashsize} && echo 60000 >${paths.max} &&
     echo 3600 >${paths.udp} && ${track}`,
  )
  const attempts = 14_000
  await vm.writeFile(
    '/root/fill',
    `for host in {1..7}; do for port in {10001..12000}; do echo x >/dev/udp/127.0.1.$host/$port; done; done\n`,
  )
  await vm.exec('bash /root/fill 2>/dev/null')
  const dropped = await counter(vm, 'chainlength')
  const count = await numberAt(vm, paths.count)
  expect(dropped).toBeGreaterThan(100)
  expect(count).toBeLessThan(attempts - 100)
  expect(await counter(vm, 'drop')).toBe(0)
  expect(await vm.kernelLog()).not.toMatch(/table full|conntrack.*drop/)
  show(`of ${attempts} connections ${dropped} found their chain too long, at ${count} of 60000 entries`)

  const seen = await runOn(vm.rig, ['verify', playbook])
  expect(seen.exitCode).toBe(10)
  const named = messageOf(seen.host, 'long-chains')
  expect(named).toContain(' connections dropped because their hash chain was too long')
  // And our own, where it had to ask more than once.
  expect(Number.parseInt(named, 10)).toBeGreaterThanOrEqual(dropped)
  show(named)

  const applied = await runOn(vm.rig, ['apply', playbook])
  expect(applied).toMatchObject({ exitCode: 0, host: { status: 'changed' } })
  expect(await numberAt(vm, paths.hashsize)).toBe(65536)
  const cured = await counter(vm, 'chainlength')
  await vm.exec('bash /root/fill 2>/dev/null')
  expect(await numberAt(vm, paths.count)).toBeGreaterThan(attempts)
  expect(await counter(vm, 'chainlength')).toBe(cured)
  const verified = await runOn(vm.rig, ['verify', playbook])
  expect(verified).toMatchObject({ exitCode: 0, host: { status: 'ok' } })
  expect(messageOf(verified.host, 'no-more-long-chains')).toContain(`(${cured} before)`)
  show(`${verified.host.facts?.count} entries; ${messageOf(verified.host, 'no-more-long-chains')}`)
})

test('what cannot be changed from where we are let in is unsupported, with the reason', async () => {
  // Each is root, and let in somewhere else: in a network namespace of its own, and where /proc/sys is read-only.
  const entrances = {
    contained: 'exec ip netns exec child /bin/sh',
    readonly:
      "exec unshare --mount sh -c 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec /bin/sh'",
  }
  await using vm = await startVm({
    name: 'shared',
    commands: Object.entries(entrances).map(
      ([name, command]) => `set -e
useradd --non-unique --uid 0 --gid 0 --home-dir /root --shell /bin/sh ${name}
printf '%s\\n' 'Match User ${name}' ${quote(`  ForceCommand ${command}`)} >/etc/ssh/sshd_config.d/${name}.conf`,
    ),
  })
  await vm.output('modprobe nf_conntrack && ip netns add child')
  const found = { max: await numberAt(vm, paths.max), udp: await numberAt(vm, paths.udp) }
  const table = await write(
    vm.rig,
    'table.yml',
    '- hosts: all\n  conntrack: {max: 131072, hashsize: 65536}\n',
  )
  const timeout = await write(
    vm.rig,
    'timeout.yml',
    '- hosts: all\n  persist: false\n  conntrack: {timeouts: {udp: 17s}}\n',
  )
  const runAs = (user: string, playbook: string) =>
    runOn(vm.rig, ['apply', playbook, '-e', `ansible_user=${user}`])

  const contained = await runAs('contained', table)
  expect(contained.host).toMatchObject({ status: 'unsupported', changes: [] })
  expect(messageOf(contained.host, 'not-our-namespace')).toContain('belongs to the host of this container')
  // Its timeouts are its own, and those of the host stay.
  expect((await runAs('contained', timeout)).host).toMatchObject({ status: 'changed' })
  expect(await vm.output(`ip netns exec child cat ${paths.udp}`)).toBe('17')
  expect({ max: await numberAt(vm, paths.max), udp: await numberAt(vm, paths.udp) }).toEqual(found)

  const readonly = await runAs('readonly', timeout)
  expect(readonly.host).toMatchObject({ status: 'unsupported', changes: [] })
  expect(messageOf(readonly.host, 'read-only')).toContain('cannot be opened for writing')

  await vm.output('modprobe -r nf_conntrack && find /lib/modules/ -name "nf_conntrack.ko*" -delete')
  const lacking = await runAs('root', table)
  expect(lacking.host).toMatchObject({ status: 'unsupported', changes: [] })
  expect(messageOf(lacking.host, 'module-missing')).toContain('holds no nf_conntrack')
  expect((await vm.exec('ls /etc/sysctl.d/zz-conntrackctl.conf')).code).not.toBe(0)
  for (const { host } of [contained, readonly, lacking])
    show(host.findings.map(({ code, message }) => `${code}: ${message}`).join('; '))
})

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
