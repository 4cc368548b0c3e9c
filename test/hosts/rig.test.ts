import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { password, users } from './rig/layout.mjs'
import { startHosts, type HostKind, type Rig } from './rig/rig.mjs'

const max = '/proc/sys/net/netfilter/nf_conntrack_max'
const buckets = '/proc/sys/net/netfilter/nf_conntrack_buckets'
const hashsize = '/sys/module/nf_conntrack/parameters/hashsize'
const established = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'
const cli = fileURLToPath(new URL('rig/cli.mjs', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command on a host by the system's own ssh client. */
function ssh(rig: Rig, host: string, command: string, ...options: string[]): Promise<Ended> {
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
    const child = execFile('ssh', words, { maxBuffer: 2 ** 24 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** What of the machine itself a rig could spoil. */
function machine() {
  const folder = dirname(max)
  const files = readdirSync(folder)
    .filter((name) => name.startsWith('nf_conntrack_'))
    .map((name) => `${folder}/${name}`)
  const fixed = [
    ...files,
    hashsize,
    '/proc/sys/net/nf_conntrack_max',
    '/etc/passwd',
    '/etc/sysctl.conf',
    '/etc/hosts',
  ]
  return {
    texts: fixed
      .filter((path) => !path.endsWith('_count') && existsSync(path))
      .map((path) => `${path}: ${readFileSync(path, 'utf8')}`),
    folders: ['/etc/sysctl.d', '/etc/modprobe.d', '/run/netns', '/root/.ssh'].map((path) =>
      existsSync(path) ? readdirSync(path) : null,
    ),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').match(/^.*conntrack.*$/gm),
  }
}

/** Processes of this machine that are in one of the networks. */
function processesIn(networks: readonly string[]): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && networks.includes(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {
      return false
    }
  })
}

async function networksOf(rig: Rig): Promise<string[]> {
  const links = await Promise.all(rig.hosts.map((host) => host.exec('readlink /proc/self/ns/net')))
  return links.map(({ stdout }) => stdout.trim())
}

const before = machine()

describe('hosts', () => {
  let rig: Rig
  let networks: string[]

  beforeAll(async () => {
    rig = await startHosts([
      { name: 'one', max: 65536, hashsize: 16384, count: 61000, groups: ['edge'], vars: { note: 'first' } },
      {
        name: 'two',
        memoryBytes: 2 ** 31,
        values: { [established]: '600' },
        files: { '/etc/sysctl.d/7.conf': 'a\n' },
      },
      { name: 'strict', refuseZeroMax: true },
      { name: 'lasting' },
    ])
    networks = await networksOf(rig)
  })
  afterAll(() => rig.stop())

  test('start from what was asked for', async () => {
    const { stdout } = await ssh(
      rig,
      'one',
      `hostname; cat ${max} ${buckets} ${hashsize} ${max.replace('max', 'count')}`,
    )
    expect(stdout).toBe('one\n65536\n16384\n16384\n61000\n')
    expect(await rig.host('two').readFile('/etc/sysctl.d/7.conf')).toBe('a\n')
    expect(await rig.host('two').readFile(established)).toBe('600\n')
    expect(await rig.host('two').readFile('/proc/meminfo')).toMatch(/^MemTotal: +2097152 kB\n/)
  })

  test('are in a network, a process tree and a home of their own', async () => {
    const { stdout } = await ssh(
      rig,
      'one',
      'ip -o link | wc -l; ps -e -o pid= | head -n 1; ls -A ~; ls /home',
    )
    expect(stdout).toBe(`1\n      1\n.ssh\n${Object.keys(users).sort().join('\n')}\n`)
    expect(new Set(networks).size).toBe(rig.hosts.length)
  })

  test.each([
    ['5000', '5120'],
    ['1', '512'],
    ['513', '1024'],
    ['100000', '100352'],
    ['010000', '4096'],
    ['0x400', '1024'],
  ])('hashsize %s is rounded up to %s, and buckets follow', async (wished, found) => {
    const { code, stdout } = await ssh(
      rig,
      'two',
      `echo ${wished} >${hashsize} && cat ${hashsize} ${buckets} ${max}`,
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${found}\n${found}\n262144\n` })
  })

  test.each([
    [hashsize, '0', 'Invalid argument'],
    [hashsize, '-5', 'Invalid argument'],
    [hashsize, 'abc', 'Invalid argument'],
    [hashsize, '5 6', 'Invalid argument'],
    [hashsize, '4294967296', 'Numerical result out of range'],
    [hashsize, '268435456', 'Cannot allocate memory'],
    [buckets, '0', 'Invalid argument'],
    [buckets, '-1', 'Cannot allocate memory'],
    [max, '-1', 'Invalid argument'],
    [max, '2147483648', 'Invalid argument'],
    [max, 'abc', 'Invalid argument'],
    [max, "''", 'Invalid argument'],
  ])('%s refuses %s: %s', async (path, text, message) => {
    const { stdout, stderr } = await ssh(rig, 'one', `echo ${text} >${path}; cat ${max} ${hashsize}`)
    expect(stderr).toContain(message)
    expect(stdout).toBe('65536\n16384\n')
  })

  test.each([
    ['2147483647', '2147483647'],
    ['5 6', '5'],
    ['0x1000', '4096'],
    ['0', '0'],
  ])('max %s is read as %s, under both of its names', async (written, found) => {
    const { stdout } = await ssh(
      rig,
      'two',
      `echo ${written} >${max}; cat ${max} /proc/sys/net/nf_conntrack_max`,
    )
    expect(stdout).toBe(`${found}\n${found}\n`)
  })

  test('a kernel from 6.19 on refuses a max of 0', async () => {
    expect((await ssh(rig, 'strict', `echo 0 >${max}`)).stderr).toContain('Invalid argument')
  })

  test('sysctl says what the kernel said', async () => {
    expect((await ssh(rig, 'two', 'sysctl -w net.netfilter.nf_conntrack_max=70000')).code).toBe(0)
    const refused = await ssh(rig, 'two', 'sysctl -w net.netfilter.nf_conntrack_max=abc')
    expect(refused.stderr).toContain('Invalid argument')
    expect(await rig.host('two').readFile(max)).toBe('70000\n')
  })

  test('the timeouts are the kernel’s own, and refuse what it refuses', async () => {
    const mine = readFileSync(established, 'utf8')
    const { stdout, stderr } = await ssh(
      rig,
      'two',
      `echo 777 >${established}; echo 2.5 >${established}; cat ${established}`,
    )
    expect({ stdout, refused: stderr.includes('Invalid argument') }).toEqual({
      stdout: '777\n',
      refused: true,
    })
    expect(await rig.host('one').readFile(established)).toBe(mine)
    expect(readFileSync(established, 'utf8')).toBe(mine)
  })

  test('what is written on one host is on no other and not on the machine', async () => {
    await ssh(
      rig,
      'two',
      'for f in sysctl.d modprobe.d modules-load.d; do echo x >/etc/$f/mine.conf; done; echo >/root/x',
    )
    for (const folder of ['/etc/sysctl.d', '/etc/modprobe.d', '/etc/modules-load.d']) {
      expect(await rig.host('two').readFile(`${folder}/mine.conf`)).toBe('x\n')
      await expect(rig.host('one').readFile(`${folder}/mine.conf`)).rejects.toThrow('No such file')
      expect(existsSync(`${folder}/mine.conf`)).toBe(false)
    }
  })

  test('what is the machine’s own cannot be written from a host', async () => {
    const { stderr } = await ssh(
      rig,
      'one',
      'echo 1 >/proc/sys/vm/swappiness; echo 1 >/sys/module/nf_conntrack/parameters/acct',
    )
    expect(stderr.match(/Read-only file system/g)).toHaveLength(2)
  })

  test('files keep to their modes', async () => {
    const asked = `stat -c %a ${hashsize} ${max}; cat ${max}; cat ${hashsize}; echo 9 >${max}`
    const { stdout, stderr } = await ssh(rig, 'one', asked, '-l', 'nosudo')
    expect(stdout).toBe('600\n644\n65536\n')
    expect(stderr.match(/Permission denied/g)).toHaveLength(2)
  })

  test('ops may sudo, pw with the password only, tty not without one, nosudo not at all', async () => {
    const as = (user: string, command: string) => ssh(rig, 'one', command, '-l', user)
    expect((await as('ops', 'sudo -n sh -c "id -u"')).stdout).toBe('0\n')
    expect((await as('pw', 'sudo -n id -u')).stderr).toContain('a password is required')
    expect((await as('pw', `echo '${password}' | sudo -S -p '' id -u`)).stdout).toBe('0\n')
    expect((await as('pw', `echo wrong | sudo -S -p '' id -u`)).code).toBe(1)
    expect((await as('tty', 'sudo -n id -u')).stderr).toContain('you must have a tty')
    expect((await as('nosudo', `echo '${password}' | sudo -S -p '' id -u`)).stderr).toContain(
      'not in the sudoers file',
    )
  })

  test('login shells are what they say', async () => {
    const as = (user: string, command: string) => ssh(rig, 'one', command, '-l', user)
    expect((await as('csh', 'echo $version')).stdout).toMatch(/^tcsh /)
    expect((await as('fish', 'echo $FISH_VERSION')).stdout).toMatch(/^\d/)
    expect(await as('nologin', 'true')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('not available'),
    })
    expect((await as('noisy', 'echo done')).stdout).toMatch(/^n{1000000}\ndone\n$/)
  })

  test('a wrong key and no key are refused', async () => {
    const { code, stderr } = await ssh(rig, 'one', 'true', '-o', 'PubkeyAuthentication=no')
    expect({ code, stderr }).toEqual({ code: 255, stderr: expect.stringContaining('Permission denied') })
  })

  test('a login changes nothing that a snapshot sees', async () => {
    const host = rig.host('one')
    const quiet = await host.snapshot()
    await ssh(rig, 'one', 'cat /etc/shadow >/dev/null')
    await ssh(rig, 'one', 'sudo -n true', '-l', 'ops')
    await ssh(rig, 'one', `echo '${password}' | sudo -S -p '' true`, '-l', 'pw')
    expect(await host.snapshot()).toEqual(quiet)
    expect(await host.processes()).toEqual([])
  })

  test.each([
    ['a value', `echo 5 >${established}`, established],
    ['a stand-in', `echo 5 >${max}`, max],
    ['a file', 'echo x >/etc/new', '/etc/new'],
    ['a file that came and went', 'touch /etc/modprobe.d/x; rm /etc/modprobe.d/x', '/etc/modprobe.d/'],
    ['a mode', 'chmod 600 /etc/sysctl.conf', '/etc/sysctl.conf'],
    ['a file that is gone', 'rm /etc/motd', '/etc/motd'],
    ['a mount', 'mount --bind /tmp /etc/ssh', 'overlay'],
  ])('a snapshot sees %s', async (_, command, path) => {
    const host = rig.host('two')
    const first = await host.snapshot()
    expect((await host.exec(command)).code).toBe(0)
    const second = await host.snapshot()
    const changed = [...new Set([...Object.keys(first), ...Object.keys(second)])].filter(
      (key) => first[key] !== second[key],
    )
    expect(changed.join('\n')).toContain(path)
  })

  test('count is set from outside only', async () => {
    const count = max.replace('max', 'count')
    expect((await ssh(rig, 'one', `echo 5 >${count}`)).stderr).toContain('Permission denied')
    await rig.host('one').setValue(count, '62000')
    expect(await rig.host('one').readFile(count)).toBe('62000\n')
  })

  test('a reboot keeps files, forgets values, and applies what the files say', async () => {
    const host = rig.host('lasting')
    const ids = [await host.readFile('/proc/sys/kernel/random/boot_id')]
    await host.setValue(max, '300000')
    await host.setValue(
      '/etc/sysctl.d/90-kept.conf',
      `net.netfilter.nf_conntrack_tcp_timeout_established = 4321`,
    )
    await host.setValue(established, '99')
    await host.reboot()
    ids.push(await host.readFile('/proc/sys/kernel/random/boot_id'))
    const { stdout } = await ssh(rig, 'lasting', `cat ${max} ${established}`)
    expect(stdout).toBe('262144\n4321\n')
    expect(new Set(ids).size).toBe(2)
  })

  test('the inventory and known_hosts are good for a client', async () => {
    const { all } = parse(rig.inventory)
    const one = rig.host('one')
    expect(all.hosts.one).toEqual({ ansible_host: one.address, ansible_port: one.port, note: 'first' })
    expect(all.children).toEqual({ edge: { hosts: { one: null } } })
    expect(readFileSync(rig.inventoryPath, 'utf8')).toBe(rig.inventory)
    expect(readFileSync(rig.knownHosts, 'utf8')).toContain(`[${one.address}]:${one.port} ${one.hostKey}\n`)
    expect(await one.connections()).toBeGreaterThan(0)
  })

  test('a stopped host refuses connections, and the others go on', async () => {
    await rig.host('strict').stop()
    expect((await ssh(rig, 'strict', 'true')).stderr).toContain('Connection refused')
    expect((await ssh(rig, 'one', 'true')).code).toBe(0)
  })

  test('a second rig runs beside the first', async () => {
    await using other = await startHosts([{ name: 'one', max: 1234 }])
    expect((await ssh(other, 'one', `cat ${max}`)).stdout).toBe('1234\n')
    expect((await ssh(rig, 'one', `cat ${max}`)).stdout).toBe('65536\n')
  })

  test('stop leaves no process, no mount and no file', async () => {
    expect(processesIn(networks).length).toBeGreaterThan(0)
    await rig.stop()
    expect(processesIn(networks)).toEqual([])
    expect(existsSync(rig.folder)).toBe(false)
    expect(existsSync(`/proc/${rig.keeper}`)).toBe(false)
    expect(machine()).toEqual(before)
  })
})

describe('kinds', () => {
  const kinds: HostKind[] = [
    'container',
    'no-module',
    'module-missing',
    'read-only',
    'legacy',
    'full-disk',
    'hangs-after-login',
    'drops-after-login',
    'refuses-key',
    'host-key-unknown',
    'host-key-changed',
    'down',
    'silent',
    'not-ssh',
  ]
  let rig: Rig

  beforeAll(async () => {
    rig = await startHosts(kinds.map((kind) => ({ name: kind, kind })))
  })
  afterAll(() => rig.stop())

  const on = (kind: HostKind, command: string, ...options: string[]) => ssh(rig, kind, command, ...options)

  test('container', async () => {
    const { stdout, stderr } = await on(
      'container',
      `stat -c %a ${max}; echo 5 >${max}; echo 512 >${hashsize}; ls /proc/sys/net`,
    )
    expect(stdout).toMatch(/^444\n/)
    expect(stdout).not.toContain('nf_conntrack_max')
    expect(stderr).toMatch(/Permission denied[^]*Operation not supported/)
    expect((await on('container', `echo 700 >${established} && cat ${established}`)).stdout).toBe('700\n')
  })

  test('no-module', async () => {
    const asked = `ls -d ${max} ${hashsize} ${established} /sys/module/nf_conntrack /proc/sys/net/nf_conntrack_max`
    expect(await on('no-module', asked)).toMatchObject({ code: 2, stdout: '' })
    expect((await on('no-module', 'ls /proc/sys/net/netfilter')).stdout).toContain('nf_log')
    expect((await on('no-module', `modprobe nf_conntrack && cat ${max} ${hashsize}`)).stdout).toBe(
      '262144\n65536\n',
    )
  })

  test('no-module, with the files that load it and size it at boot', async () => {
    const host = rig.host('no-module')
    await host.setValue('/etc/modules-load.d/own.conf', 'nf_conntrack')
    await host.setValue('/etc/modprobe.d/own.conf', 'options nf_conntrack hashsize=100000')
    await host.reboot()
    expect((await on('no-module', `cat ${max} ${hashsize}`)).stdout).toBe('802816\n100352\n')
    await host.exec('rm /etc/modules-load.d/own.conf')
    await host.reboot()
    expect((await on('no-module', `cat ${max}`)).stderr).toContain('No such file')
  })

  test('module-missing', async () => {
    expect((await on('module-missing', `ls ${max}`)).code).toBe(2)
    expect(await on('module-missing', 'modprobe nf_conntrack')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('FATAL: Module nf_conntrack not found'),
    })
  })

  test('read-only', async () => {
    const { stderr } = await on(
      'read-only',
      `for f in ${max} ${hashsize} ${established}; do echo 5 >$f; done`,
    )
    expect(stderr.match(/Read-only file system/g)).toHaveLength(3)
    expect((await on('read-only', `cat ${max}`)).stdout).toBe('262144\n')
  })

  test('legacy', async () => {
    const old = '/proc/sys/net/ipv4'
    const asked = `uname -r; ls -d /proc/sys/net/netfilter; echo 5000 >${old}/ip_conntrack_max
      cat ${old}/netfilter/ip_conntrack_max ${old}/netfilter/ip_conntrack_tcp_timeout_established
      cat /sys/module/ip_conntrack/parameters/hashsize ${old}/tcp_fin_timeout; echo 5 >${old}/netfilter/ip_conntrack_buckets`
    const { stdout, stderr } = await on('legacy', asked)
    expect(stdout).toMatch(/^2\.6\.\S+\n5000\n432000\n65536\n60\n$/)
    expect(stderr).toMatch(/netfilter.*No such file[^]*Permission denied/)
  })

  test('full-disk', async () => {
    for (const folder of ['sysctl.d', 'modprobe.d', 'modules-load.d'])
      expect((await on('full-disk', `echo x >/etc/${folder}/new`)).stderr).toContain(
        'No space left on device',
      )
    expect((await on('full-disk', `echo 5000 >${max}; cat ${max}`)).stdout).toBe('5000\n')
  })

  test('hangs-after-login', async () => {
    const child = spawn('ssh', ['-F', rig.sshConfig, 'hangs-after-login', 'echo here'])
    const commands = async (): Promise<readonly string[]> =>
      (await rig.host('hangs-after-login').processes()).map(({ command }) => command)
    await vi.waitFor(async () => expect(await commands()).toContain('sleep infinity'), { timeout: 20_000 })
    expect(await rig.host('hangs-after-login').log()).toContain('Starting session')
    expect(child.exitCode).toBeNull()
    child.kill()
    await once(child, 'close')
  })

  test.each<[HostKind, string]>([
    ['drops-after-login', 'closed by remote host'],
    ['refuses-key', 'Permission denied (publickey'],
    ['host-key-unknown', 'No ED25519 host key is known'],
    ['host-key-changed', 'REMOTE HOST IDENTIFICATION HAS CHANGED'],
    ['down', 'Connection refused'],
    ['silent', 'timed out'],
    ['not-ssh', 'kex_exchange_identification'],
  ])('%s: %s', async (kind, message) => {
    const limit = `ConnectTimeout=${kind === 'silent' ? 1 : 20}`
    const { code, stdout, stderr } = await on(kind, 'echo here', '-o', limit)
    expect({ code, stdout, stderr }).toEqual({
      code: 255,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })
})

describe('a line that is cut', () => {
  const text = 'x'.repeat(30_000)
  let rig: Rig

  beforeAll(async () => {
    rig = await startHosts([{ name: 'far', proxy: {} }])
  })
  afterAll(() => rig.stop())

  const send = () => ssh(rig, 'far', `cat >/dev/null; echo whole # ${text}`)

  test.each(['to-host', 'from-host'] as const)(
    '%s, after exactly the bytes it was told',
    async (direction) => {
      const { proxy } = rig.host('far')
      if (!proxy) throw new Error('no proxy')
      proxy.options = { direction }
      expect((await send()).stdout).toBe('whole\n')
      const way = direction === 'to-host' ? 'toHost' : 'fromHost'
      const all = proxy.bytes[way]
      for (const cutAfterBytes of [0, 1, 500, Math.floor(all * 0.7)]) {
        proxy.options = { direction, cutAfterBytes }
        expect((await send()).code).toBe(255)
        expect(proxy.bytes[way]).toBe(cutAfterBytes)
      }
    },
  )

  test('stalls instead of breaking', async () => {
    const { proxy } = rig.host('far')
    if (!proxy) throw new Error('no proxy')
    proxy.options = { cutAfterBytes: 0, direction: 'from-host', cut: 'stall' }
    expect((await ssh(rig, 'far', 'true', '-o', 'ConnectTimeout=1')).stderr).toContain('timed out')
  })

  test('is slow by the time it was told', async () => {
    const { proxy } = rig.host('far')
    if (!proxy) throw new Error('no proxy')
    proxy.options = { delayMs: 100 }
    const start = performance.now()
    expect((await send()).stdout).toBe('whole\n')
    // Greetings, key exchange, login and command take more than three round trips.
    expect(performance.now() - start).toBeGreaterThan(600)
  })
})

describe('a rig whose owner ends', () => {
  /** Starts the little program in a process of its own. */
  async function startCli() {
    const child = spawn(process.execPath, [cli, 'up', '2', 'container'])
    const [path] = (await once(createInterface(child.stdout), 'line')) as [string]
    const folder = dirname(path)
    const keeper = Number(/-(\d+)-\d+$/.exec(folder)?.[1])
    const networks = processesUnder(keeper).map((pid) => readlinkSync(`/proc/${pid}/ns/net`))
    return { child, folder, networks: networks.filter((link) => link !== readlinkSync('/proc/self/ns/net')) }
  }

  function processesUnder(parent: number): string[] {
    return readdirSync('/proc').filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${parent}`
      } catch {
        return false
      }
    })
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('by %s leaves nothing', async (signal) => {
    const { child, folder, networks } = await startCli()
    expect(networks).toHaveLength(3)
    child.kill(signal)
    const [code] = await once(child, 'exit')
    expect(code).toBe(signal === 'SIGKILL' ? null : 0)
    await vi.waitFor(() => {
      expect(processesIn(networks)).toEqual([])
      expect(existsSync(folder)).toBe(false)
    })
  })

  test('and a keeper that is killed leaves a folder at most, which the next rig removes', async () => {
    const rig = await startHosts([{ name: 'one' }])
    const networks = await networksOf(rig)
    process.kill(rig.keeper, 'SIGKILL')
    await vi.waitFor(() => expect(processesIn(networks)).toEqual([]))
    await rig.stop()
    await using next = await startHosts([{ name: 'one' }])
    expect(existsSync(next.folder)).toBe(true)
    expect(existsSync(rig.folder)).toBe(false)
  })

  test('and one that cannot be built says why and leaves nothing', async () => {
    await expect(startHosts([{ name: 'one' }, { name: 'one' }])).rejects.toThrow('two hosts of one name')
    await expect(startHosts([{ name: 'one', values: { '/proc/none': '1' } }])).rejects.toThrow('/proc/none')
    expect(machine()).toEqual(before)
  })
})
