import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { startVm, startVms, type Vm, type VmRig } from './rig/rig.mjs'

const max = '/proc/sys/net/netfilter/nf_conntrack_max'
const buckets = '/proc/sys/net/netfilter/nf_conntrack_buckets'
const established = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'
const hashsize = '/sys/module/nf_conntrack/parameters/hashsize'
const stat = '/proc/net/stat/nf_conntrack'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command on a machine by the system's own ssh client. */
function ssh(rig: VmRig, host: string, command: string, ...options: string[]): Promise<Ended> {
  const words = [
    '-F',
    rig.sshConfig,
    '-o',
    'BatchMode=yes',
    '-o',
    'LogLevel=ERROR',
    ...options,
    host,
    command,
  ]
  return new Promise((resolve) => {
    const child = execFile('ssh', words, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** What of this machine itself a rig could spoil. */
function machine() {
  const settings = ['net/ipv4/ip_forward', 'net/netfilter/nf_conntrack_max', 'net/ipv4/conf/all/rp_filter']
  return {
    settings: settings.map(
      (key) => existsSync(`/proc/sys/${key}`) && readFileSync(`/proc/sys/${key}`, 'utf8'),
    ),
    networks: existsSync('/run/netns') ? readdirSync('/run/netns') : [],
    cards: readdirSync('/sys/class/net'),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').match(/^.*conntrackctl-vm.*$/gm),
  }
}

/** Processes of this machine that are in a network. */
function processesIn(network: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === network
    } catch {
      return false
    }
  })
}

/** What Linux from 5.15 on gives a machine of this memory, in buckets and in entries. */
async function defaultSize(vm: Vm): Promise<number> {
  const kibibytes = Number(await vm.output(`sed -n 's/^MemTotal: *\\([0-9]*\\) kB$/\\1/p' /proc/meminfo`))
  const bytesABucket = 8
  const bucketsAPage = 512
  return Math.ceil((kibibytes * 1024) / 16384 / bytesABucket / bucketsAPage) * bucketsAPage
}

/** A counter of the whole machine. */
async function counter(vm: Vm, name: string): Promise<number> {
  const [names = [], ...rows] = (await vm.output(`cat ${stat}`))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return rows.reduce((sum, row) => sum + Number.parseInt(row[names.indexOf(name)] ?? '', 16), 0)
}

const before = machine()

describe('machines', () => {
  let rig: VmRig
  let network: string

  beforeAll(async () => {
    rig = await startVms([
      { name: 'plain', groups: ['edge'], vars: { note: 'first' } },
      {
        name: 'kept',
        memoryMiB: 512,
        files: { '/etc/motd': 'from the spec\n', '/etc/linked': { link: 'motd' } },
        commands: ['echo one >/etc/order', 'echo two >>/etc/order; systemctl disable cron.service'],
      },
      { name: 'lost' },
    ])
    network = readlinkSync(`/proc/${rig.keeper}/ns/net`)
  })
  afterAll(() => rig.stop())

  test('start with what was asked for, and with nothing failed', async () => {
    const kept = rig.vm('kept')
    expect(
      await kept.output('hostname; cat /etc/linked /etc/order; systemctl is-enabled cron.service; true'),
    ).toBe('kept\nfrom the spec\none\ntwo\ndisabled')
    for (const vm of rig.vms) {
      expect(await vm.output('systemctl is-system-running')).toBe('running')
      expect(await vm.output('uname -r')).toMatch(/^6\.1\./)
      expect(await vm.output('cat /proc/1/comm; ls -d /run/udev/data')).toBe('systemd\n/run/udev/data')
    }
    expect(new Set(await Promise.all(rig.vms.map((vm) => vm.bootId()))).size).toBe(3)
  })

  test('let root and ops in by key, over loopback, under the key that known_hosts has', async () => {
    expect(await ssh(rig, 'plain', 'hostname; id -un')).toEqual({
      code: 0,
      stdout: 'plain\nroot\n',
      stderr: '',
    })
    expect((await ssh(rig, 'kept', 'id -un; sudo -n id -un', '-l', 'ops')).stdout).toBe('ops\nroot\n')
    expect((await ssh(rig, 'plain', 'true', '-o', 'PubkeyAuthentication=no')).stderr).toContain(
      'Permission denied',
    )
    const { all } = parse(rig.inventory)
    const plain = rig.vm('plain')
    expect(plain.address).toMatch(/^127\.11\./)
    expect(all.hosts.plain).toEqual({ ansible_host: plain.address, ansible_port: plain.port, note: 'first' })
    expect(all.children).toEqual({ edge: { hosts: { plain: null } } })
    expect(readFileSync(rig.inventoryPath, 'utf8')).toBe(rig.inventory)
    expect(readFileSync(rig.knownHosts, 'utf8')).toContain(
      `[${plain.address}]:${plain.port} ${plain.hostKey}\n`,
    )
  })

  test('have no way out, and none to each other', async () => {
    const { stdout, stderr } = await ssh(
      rig,
      'plain',
      'ip route; nc -vw 2 10.201.1.2 22; nc -vw 2 192.0.2.1 22',
    )
    expect(stdout).toBe('10.201.0.0/30 dev vec0 proto kernel scope link src 10.201.0.2 \n')
    expect(stderr.match(/Network is unreachable/g)).toHaveLength(2)
  })

  test('take scripts and files of any size and give back what they got', async () => {
    const vm = rig.vm('plain')
    const text = `ends without a line break: ${'\u00fc\u2028\0\r\n'.repeat(20_000)}'`
    await vm.writeFile('/root/new/folder/it\u2019s', text)
    expect(await vm.readFile('/root/new/folder/it\u2019s')).toBe(text)
    expect(await vm.exec('echo out; echo err >&2; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    await expect(vm.readFile('/root/none')).rejects.toThrow(
      'plain: cat: /root/none: No such file or directory',
    )
    const [first, second] = await Promise.all([vm.output('echo 1'), vm.output('echo 2')])
    expect([first, second]).toEqual(['1', '2'])
  })

  test('have no nf_conntrack until it is loaded, and then the kernel’s own defaults', async () => {
    for (const vm of [rig.vm('plain'), rig.vm('kept')]) {
      expect((await vm.exec(`ls -d ${max} ${hashsize} ${stat} /sys/module/nf_conntrack`)).stdout).toBe('')
      const size = await defaultSize(vm)
      expect(
        await vm.output(`modprobe nf_conntrack && cat ${max} ${buckets} ${hashsize} ${established}`),
      ).toBe(`${size}\n${size}\n${size}\n432000`)
    }
    expect(await defaultSize(rig.vm('plain'))).toBeLessThan(await defaultSize(rig.vm('kept')))
  })

  test('round hashsize up to 512, leave max as it is, and refuse 0', async () => {
    const vm = rig.vm('plain')
    const found = await vm.output(`cat ${max}`)
    expect(await vm.output(`echo 100000 >${hashsize} && cat ${hashsize} ${buckets} ${max}`)).toBe(
      `100352\n100352\n${found}`,
    )
    const { stdout, stderr } = await ssh(rig, 'plain', `echo 0 >${hashsize}; cat ${hashsize}`)
    expect({ stdout, stderr }).toEqual({
      stdout: '100352\n',
      stderr: expect.stringContaining('Invalid argument'),
    })
  })

  test('drop packets and say so when the table is full', async () => {
    const vm = rig.vm('plain')
    const flows = `for port in $(seq 1 60); do echo x >/dev/udp/127.0.0.1/$((4000 + port)); done`
    await vm.output('iptables -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT')
    await vm.output(`echo 16 >${max}`)
    const dropped = await counter(vm, 'drop')
    const { stderr } = await vm.exec(`bash -c '${flows}'`)
    expect(stderr).toContain('Operation not permitted')
    expect(await vm.kernelLog()).toContain('nf_conntrack: table full, dropping packet')
    expect(await counter(vm, 'drop')).toBeGreaterThan(dropped)
    // The serial line does not ask the table.
    expect(Number(await vm.output('cat /proc/sys/net/netfilter/nf_conntrack_count'))).toBeGreaterThan(10)
    // The kernel takes up to two minutes to clear away what has expired, and later tests come by ssh.
    await vm.output(`echo 65536 >${max}`)
  })

  test('keep over a power cycle what modules-load.d, modprobe.d and sysctl.d say, and lose it without the first', async () => {
    const [kept, lost] = [rig.vm('kept'), rig.vm('lost')]
    const sysctl =
      'net.netfilter.nf_conntrack_max = 262144\nnet.netfilter.nf_conntrack_tcp_timeout_established = 3600\n'
    await kept.writeFile('/etc/modules-load.d/conntrack.conf', 'nf_conntrack\n')
    await kept.writeFile('/etc/modprobe.d/conntrack.conf', 'options nf_conntrack hashsize=65000\n')
    await kept.writeFile('/etc/sysctl.d/90-conntrack.conf', sysctl)
    await lost.writeFile('/etc/sysctl.d/90-conntrack.conf', sysctl)
    const boots = [await kept.bootId(), await lost.bootId()]
    await Promise.all([kept.powerCycle(), lost.powerCycle()])
    boots.push(await kept.bootId(), await lost.bootId())
    expect(new Set(boots).size).toBe(4)
    expect((await ssh(rig, 'kept', `cat ${hashsize} ${max} ${established}`)).stdout).toBe(
      '65024\n262144\n3600\n',
    )
    expect((await lost.exec(`ls ${max}`)).stderr).toContain('No such file')
    expect(await lost.output(`modprobe nf_conntrack && cat ${max} ${established}`)).toBe(
      `${await defaultSize(lost)}\n432000`,
    )
  })

  test('lose what was not on the disk when the plug is pulled, and reboot by themselves', async () => {
    const [kept, lost] = [rig.vm('kept'), rig.vm('lost')]
    const boots = [await kept.bootId(), await lost.bootId()]
    await lost.output('echo a >/root/synced && sync && echo b >/root/unsynced')
    await Promise.all([lost.pullPlug(), kept.reboot()])
    boots.push(await kept.bootId(), await lost.bootId())
    expect(new Set(boots).size).toBe(4)
    expect(await lost.output('ls /root')).toBe('synced')
    expect((await ssh(rig, 'kept', `cat ${max}`)).stdout).toBe('262144\n')
  })

  test('can be switched off, which the others do not mind, and on again', async () => {
    const lost = rig.vm('lost')
    await lost.stop()
    await expect(lost.exec('true')).rejects.toThrow('lost is off')
    expect((await ssh(rig, 'lost', 'true')).code).toBe(255)
    expect((await ssh(rig, 'plain', 'hostname')).stdout).toBe('plain\n')
    await lost.start()
    expect((await ssh(rig, 'lost', 'cat /root/synced')).stdout).toBe('a\n')
  })

  test('stop leaves no process, network, card, mount or file', async () => {
    expect(processesIn(network).length).toBeGreaterThan(3)
    await rig.stop()
    expect(processesIn(network)).toEqual([])
    expect(existsSync(rig.folder)).toBe(false)
    expect(existsSync(`/proc/${rig.keeper}`)).toBe(false)
    expect(machine()).toEqual(before)
  })
})

test('older and newer kernels have their own defaults and counters', async () => {
  await using rig = await startVms([
    { name: 'older', kernel: '5.10' },
    { name: 'newer', kernel: '6.12' },
  ])
  const loaded = `modprobe nf_conntrack && cat ${buckets} ${max} && head -n 1 ${stat}`
  const [older, newer] = [rig.vm('older'), rig.vm('newer')]
  const size = await defaultSize(newer)
  expect(await older.output('uname -r')).toMatch(/^5\.10\./)
  expect(await older.output(loaded)).toMatch(new RegExp(`^${size}\n${4 * size}\n.* delete_list `))
  expect(await newer.output('uname -r')).toMatch(/^6\.12\./)
  expect(await newer.output(loaded)).toMatch(new RegExp(`^${size}\n${size}\n.* chainlength `))
  expect((await ssh(rig, 'older', 'hostname')).stdout).toBe('older\n')
  expect((await ssh(rig, 'newer', 'hostname')).stdout).toBe('newer\n')
})

test('a command that fails on the new disk fails the start, and is shown', async () => {
  const start = startVm({ name: 'bad', commands: ['echo the reason; exit 3'] })
  await expect(start).rejects.toThrow(/bad went off[^]*the reason[^]*exit 3/)
  expect(machine()).toEqual(before)
})

test('whoever starts a rig and is killed leaves no machine behind', async () => {
  const caller = spawn(process.execPath, [fileURLToPath(new URL('rig/cli.mjs', import.meta.url)), 'up', '1'])
  const [inventory] = await once(createInterface(caller.stdout), 'line')
  const folder = dirname(inventory)
  const keeper = folder.match(/-(\d+)-\d+$/)?.[1] ?? ''
  const network = readlinkSync(`/proc/${keeper}/ns/net`)
  expect(processesIn(network).length).toBeGreaterThan(1)
  caller.kill('SIGKILL')
  await vi.waitFor(() => expect(processesIn(network)).toEqual([]), { timeout: 20_000 })
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 20_000 })
  expect(machine()).toEqual(before)
})

test('a keeper that is killed takes its machines along', async () => {
  await using vm = await startVm({ name: 'orphan' })
  const network = readlinkSync(`/proc/${vm.rig.keeper}/ns/net`)
  execFileSync('kill', ['-9', `${vm.rig.keeper}`])
  await vi.waitFor(() => expect(processesIn(network)).toEqual([]), { timeout: 20_000 })
  await expect(vm.exec('true')).rejects.toThrow('the keeper ended')
})
