import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeCalls, undoCalls } from '../../../src/host/change-calls.ts'
import type { HostFacts } from '../../../src/host/facts.ts'
import { parseFacts } from '../../../src/host/parse-facts.ts'
import { parseSteps } from '../../../src/host/parse-steps.ts'
import { readingFor, usageReading } from '../../../src/host/reading.ts'
import { changingScript, confirmingScript, healingScript, readingScript } from '../../../src/host/script.ts'
import type { Change } from '../../../src/plan/change.ts'
import { planHost } from '../../../src/plan/plan-host.ts'
import { sizeWish } from '../../../src/plan/size-wish.ts'
import type { Wish } from '../../../src/playbook/wish.ts'

const tag = 'abc123'
const bootId = '0d7e4a1c-3f0b-4a55-9f0e-2b8f3d1c9a11'
const presence = { tag, who: 'run R of tester@here since now', journal: 'etc' } as const
const marks = { begin: 'the-begin', end: 'the-end' }

const wish: Wish = {
  play: 'contract',
  max: 262_144,
  hashsize: { kind: 'max_divided_by', divisor: 4 },
  sysctls: [
    { key: 'net.netfilter.nf_conntrack_udp_timeout', value: '20' },
    { key: 'net.ipv4.tcp_rmem', value: '4096 131072 6291456' },
  ],
  persist: true,
  conflicts: 'report',
  module: 'leave',
}

const paths = {
  max: '/proc/sys/net/netfilter/nf_conntrack_max',
  udp: '/proc/sys/net/netfilter/nf_conntrack_udp_timeout',
  rmem: '/proc/sys/net/ipv4/tcp_rmem',
  hashsize: '/sys/module/nf_conntrack/parameters/hashsize',
  dropIn: '/etc/sysctl.d/zz-conntrackctl.conf',
}

const files: Readonly<Record<string, string>> = {
  [paths.max]: '65536\n',
  '/proc/sys/net/netfilter/nf_conntrack_buckets': '16384\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '61204\n',
  [paths.udp]: '30\n',
  [paths.rmem]: '4096\t87380\t6291456\n',
  [paths.hashsize]: '16384\n',
  '/sys/module/nf_conntrack/initstate': 'live\n',
  '/proc/sys/kernel/osrelease': '6.1.0-28-amd64\n',
  '/proc/sys/kernel/random/boot_id': '0d7e4a1c-3f0b-4a55-9f0e-2b8f3d1c9a11\n',
  '/proc/sys/net/nf_conntrack_max': '65536\n',
  '/proc/self/status': 'Name:\tsh\nUid:\t0\t0\t0\t0\n',
  '/proc/meminfo': 'MemTotal:        4021456 kB\nMemFree: 1 kB\n',
  '/proc/net/stat/nf_conntrack':
    'entries drop early_drop\n0000ef14 0000001f 00000002\n0000ef14 00000001 00000000\n',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
  '/etc/sysctl.d/10-local.conf': '# ours\nnet.netfilter.nf_conntrack_max = 1000\nkernel.panic = 1\n',
  '/etc/sysctl.conf': 'net.ipv4.tcp_rmem = 1 2 3\n',
  '/boot/sysctl.conf-6.1.0-28-amd64': '# of the kernel package\nnet.netfilter.nf_conntrack_acct = 0\n',
  '/srv/other.conf': '# nothing\n',
  '/usr/lib/systemd/libsystemd-shared-252.so': '',
  '/etc/systemd/system/multi-user.target.wants/ssh.service': '',
  '/etc/systemd/system/multi-user.target.wants/nftables.service': '',
}

const links: Readonly<Record<string, string>> = {
  '/etc/sysctl.d/20-masked.conf': '/dev/null',
  '/etc/sysctl.d/99-sysctl.conf': '../sysctl.conf',
  '/etc/modprobe.d/elsewhere.conf': '../../srv/other.conf',
  '/etc/modprobe.d/gone.conf': 'nowhere',
  // So that a shell finds its own number, as on a real host.
  '/proc/self/stat': '/proc/self/stat',
}

const sysctlFiles = ['10-local.conf', '20-masked.conf', '99-sysctl.conf']

/** What probe.sh and apply.sh promise, whichever POSIX shell runs them. `shell` is a command and its first words. */
export function scriptContract(shell: readonly [string, ...string[]]): void {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'conntrackctl scripts-'))
    for (const folder of ['/etc/sysctl.d', '/etc/modprobe.d', '/run/systemd/system'])
      mkdirSync(join(root, folder), { recursive: true })
    for (const [path, text] of Object.entries(files)) write(path, text)
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path))
  })
  afterEach(() => {
    chmodSync(join(root, 'etc/sysctl.d'), 0o755)
    rmSync(root, { recursive: true })
  })

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const run = (script: string): string => {
    const [command, ...words] = shell
    const env = { ...process.env, CONNTRACKCTL_ROOT: root }
    // A group of its own, so that a test may kill all of it.
    const options = { input: script, env, encoding: 'utf8', detached: true } as const
    const { stdout, error } = spawnSync(command, words, options)
    if (error) throw error
    return stdout
  }
  const readFacts = (): HostFacts => parseFacts(run(readingScript(readingFor(wish), marks)), 'read')
  const plan = (facts: HostFacts) => planHost(sizeWish(wish, facts, null), facts, new Set())
  const planned = (): readonly Change[] => plan(readFacts()).changes
  const scriptFor = (changes: readonly Change[], confirmSeconds: number | null = null): string =>
    changingScript(
      { steps: changeCalls(changes), undo: undoCalls(changes, tag, bootId), confirmSeconds },
      presence,
      readingFor(wish),
      marks,
    )
  const change = (changes: readonly Change[]) => {
    const answer = run(scriptFor(changes))
    return { ...parseSteps(answer, changes), facts: parseFacts(answer, 'verify') }
  }
  /** Every file with its bytes, mode and inode, so that nothing can be rewritten unseen. */
  const snapshot = (): string =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => {
        const { mode, ino, mtimeMs } = statSync(path)
        return [path, mode, ino, mtimeMs, readFileSync(path, 'hex')].join(' ')
      })
      .join('\n')

  /** What a host is made of, without what tells that it was touched. */
  const contents = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() || entry.name.includes('conntrackctl'))
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => [
          path.slice(root.length),
          existsSync(path)
            ? `${statSync(path).mode} ${readFileSync(path, 'utf8').replaceAll('\t', ' ')}`
            : readlinkSync(path),
        ]),
    )
  /** A rule whose making does `command`. */
  const doing = (command: string): Change => ({
    kind: 'rule',
    key: 'a rule',
    path: 'a rule',
    before: null,
    after: 'there',
    reason: '',
    commands: { make: command, undo: ':' },
  })
  const lockPath = '/run/conntrackctl.lock'
  const until = async (isSo: () => boolean): Promise<void> => {
    const end = performance.now() + 20_000
    while (!isSo()) {
      if (performance.now() > end) throw new Error('it never came to that')
      await setTimeout(50)
    }
  }

  describe('reading', () => {
    test('tells all facts and changes nothing', () => {
      const before = snapshot()
      const facts = readFacts()

      expect(facts).toMatchObject({
        kernel: '6.1.0-28-amd64',
        os: { id: 'debian', version: '12' },
        uid: 0,
        family: 'nf',
        module: 'loaded',
        hasAlias: true,
        count: 61_204,
        max: 65_536,
        hashsize: 16_384,
        memoryTotalBytes: 4_021_456 * 1024,
        statistics: { drop: 32, early_drop: 2 },
      })
      expect(facts.places.get('net.ipv4.tcp_rmem')).toMatchObject({
        value: '4096 87380 6291456',
        writable: true,
      })
      expect(facts.boot).toMatchObject({
        init: 'systemd',
        systemdVersion: '252',
        services: ['nftables', 'ssh'],
      })
      expect(facts.boot.files).toEqual([
        {
          path: '/boot/sysctl.conf-6.1.0-28-amd64',
          kind: 'file',
          link: null,
          lines: [{ line: 2, text: 'net.netfilter.nf_conntrack_acct = 0' }],
        },
        {
          path: '/etc/sysctl.d/10-local.conf',
          kind: 'file',
          link: null,
          lines: [{ line: 2, text: 'net.netfilter.nf_conntrack_max = 1000' }],
        },
        { path: '/etc/sysctl.d/20-masked.conf', kind: 'masked', link: '/dev/null', lines: [] },
        {
          path: '/etc/sysctl.d/99-sysctl.conf',
          kind: 'file',
          link: '/etc/sysctl.conf',
          lines: [{ line: 1, text: 'net.ipv4.tcp_rmem = 1 2 3' }],
        },
        { path: '/etc/modprobe.d/elsewhere.conf', kind: 'file', link: '/srv/other.conf', lines: [] },
        { path: '/etc/modprobe.d/gone.conf', kind: 'dangling', link: null, lines: [] },
        {
          path: '/etc/sysctl.conf',
          kind: 'file',
          link: null,
          lines: [{ line: 1, text: 'net.ipv4.tcp_rmem = 1 2 3' }],
        },
      ])
      expect(snapshot()).toBe(before)
    })

    test('is not held up by what is no file of settings, and calls it not known', () => {
      const folder = join(root, 'etc/sysctl.d')
      const key = 'net.netfilter.nf_conntrack_max'
      const garbage: Readonly<Record<string, string | Buffer>> = {
        '30-binary.conf': Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256)),
        '31-long-line.conf': `${key} = ${'1'.repeat(2_000_000)}`,
        '32-long-glob.conf': `${'*?'.repeat(3000)} = 1\n`,
        '33-many-lines.conf': `${key} = 5\n`.repeat(1500),
        '34-crlf.conf': `${key} = 2000\r\n`,
        '35-nul.conf': `net.netfilter.nf_conntrack_udp_timeout = 7\n${key}\0 = 3000\n`,
      }
      for (const [name, text] of Object.entries(garbage)) writeFileSync(join(folder, name), text)
      symlinkSync('36-loop.conf', join(folder, '36-loop.conf'))
      symlinkSync('.', join(folder, '37-folder.conf'))
      expect(spawnSync('mkfifo', [join(folder, '38-pipe.conf')]).status).toBe(0)
      write(paths.dropIn, '#\n'.repeat(40_000))
      const facts = readFacts()

      const kinds = Object.fromEntries(
        facts.boot.files
          .filter(({ path }) => /\/3\d-/.test(path))
          .map(({ path, kind }) => [path.replace('/etc/sysctl.d/', ''), kind]),
      )
      expect(kinds).toEqual({
        '30-binary.conf': expect.stringMatching(/^(file|unreadable)$/),
        '31-long-line.conf': 'unreadable',
        '32-long-glob.conf': 'unreadable',
        '33-many-lines.conf': 'unreadable',
        '34-crlf.conf': 'file',
        '35-nul.conf': 'unreadable',
        '36-loop.conf': 'dangling',
        '37-folder.conf': 'directory',
        '38-pipe.conf': 'unreadable',
      })
      // The others are still read, and so is the host.
      const linesOf = (name: string) => facts.boot.files.find(({ path }) => path.endsWith(name))?.lines
      expect(linesOf('10-local.conf')).toHaveLength(1)
      expect(linesOf('34-crlf.conf')).toEqual([{ line: 1, text: `${key} = 2000\r` }])
      // A shell would put together what a NUL keeps apart.
      expect(linesOf('35-nul.conf')).toEqual([])
      expect(facts).toMatchObject({ max: 65_536, count: 61_204, statistics: { drop: 32 } })
      expect(facts.files.get(paths.dropIn)).toEqual({ state: 'strange', why: 'too_long' })
      const unread = plan(facts).findings.filter(({ code }) => code === 'boot-file-unreadable')
      expect(unread.map(({ message }) => message)).toContainEqual(
        expect.stringContaining('31-long-line.conf'),
      )
    })

    test('tells who else writes, where that is asked for, and what their files say', () => {
      write('/proc/123/comm', 'kube-proxy\n')
      write('/proc/123/cmdline', '/usr/bin/kube-proxy\0--conntrack-min=5 6\0--x=a\tb\0')
      write('/proc/124/comm', 'python3\n')
      write('/proc/124/cmdline', '/usr/bin/python3\0-m\0secret.server\0')
      write('/proc/125/comm', 'sshd\n')
      write('/etc/rc.local', '#!/bin/sh\necho 1000 > /proc/sys/net/nf_conntrack_max\n')
      write('/etc/cron.d/with blank', 'sysctl -w net.netfilter.nf_conntrack_max=5\n')
      const facts = parseFacts(run(readingScript(readingFor(wish, 'verify'), marks)), 'read')

      expect(facts.writers?.processes).toEqual([
        { argv: ['/usr/bin/kube-proxy', '--conntrack-min=5 6', '--x=a b'] },
      ])
      expect(facts.writers?.files).toContainEqual({
        path: '/etc/rc.local',
        kind: 'file',
        link: null,
        lines: [
          { line: 1, text: '#!/bin/sh' },
          { line: 2, text: 'echo 1000 > /proc/sys/net/nf_conntrack_max' },
        ],
      })
      expect(facts.writers?.files.map(({ path }) => path)).toContain('/etc/cron.d/with blank')
      expect(facts.max).toBe(65_536)
      expect(plan(facts).findings.map(({ code }) => code)).toContain('kube-proxy-writes')
      expect(readFacts().writers).toBeNull()
    })

    describe('how the table has fared', () => {
      const readUsage = (): HostFacts => parseFacts(run(readingScript(usageReading, marks)), 'read')
      const plant = (path: string, script: string): void => {
        write(path, `#!/bin/sh\n${script}`)
        chmodSync(join(root, path), 0o755)
      }
      const namespace = (pid: string, inode: string): void => {
        mkdirSync(join(root, `/proc/${pid}/ns`), { recursive: true })
        symlinkSync(`net:[${inode}]`, join(root, `/proc/${pid}/ns/net`))
      }

      test('logs, in all wordings, from their ends only, and nothing of other lines', () => {
        const line = (text: string): string => `Jul 31 18:41:00 www kernel: ${text}\n`
        write('/var/log/messages', line('ip_conntrack: table full, dropping packet.'))
        write(
          '/var/log/kern.log',
          `${line('nf_conntrack: table full, dropping packet of long ago')}${'x'.repeat(79).concat('\n').repeat(14_000)}${[
            'nf_conntrack: nf_conntrack: table full, dropping packet',
            'nf_conntrack: expectation table full',
            `${'\u001b[2J'.repeat(200)}nf_conntrack: table full`,
            'nf_conntrack: nf_conntrack: table full in netns 4026532248, dropping packet',
            'nf_conntrack: nf_conntrack: table full in netns 4026532248, dropping packet',
          ]
            .map(line)
            .join('')}`,
        )
        plant('/sbin/dmesg', "echo '[ 12.5] nf_conntrack: nf_conntrack: table full, dropping packet'")
        plant('/sbin/journalctl', 'exit 1')
        const logs = readUsage().usage?.logs

        // busybox runs a dmesg of its own, which tells of this machine.
        const ownDmesg = shell.join(' ').includes('busybox')
        expect(logs?.map(({ source, lines }) => [source, lines])).toEqual([
          ['dmesg', ownDmesg ? expect.any(Number) : 1],
          ['journal', 0],
          ['/var/log/messages', 1],
          ['/var/log/kern.log', 4],
        ])
        expect(logs?.at(-1)?.first).toBe(
          'Jul 31 18:41:00 www kernel: nf_conntrack: nf_conntrack: table full, dropping packet',
        )
        expect([...(logs?.at(-1)?.namespaces ?? [])]).toEqual([['4026532248', 2]])
        expect(logs?.every(({ last }) => last.length <= 300)).toBe(true)
      })

      test('a log that may not be read is told as such', () => {
        plant('/sbin/dmesg', 'echo dmesg: read kernel buffer failed >&2; exit 1')
        const ownDmesg = shell.join(' ').includes('busybox')
        expect(readUsage().usage?.logs).toMatchObject([
          { source: 'dmesg', lines: ownDmesg ? expect.anything() : null },
        ])
      })

      test('tables of other namespaces, one process of each, columns by name', () => {
        namespace('self', '4026531840')
        namespace('1', '4026531840')
        namespace('77', '4026532248')
        namespace('78', '4026532248')
        namespace('90', '4026532999')
        namespace('91', '4026533000')
        write('/proc/77/comm', 'nginx\n')
        write('/proc/90/comm', 'a b\n')
        const table =
          'entries found drop early_drop\n000000ff 0 0000000a 00000001\n000000ff 0 00000006 00000000\n'
        write('/proc/77/net/stat/nf_conntrack', table)
        write('/proc/78/net/stat/nf_conntrack', table)
        write('/proc/90/net/stat/nf_conntrack', 'drop entries\n1 2\n')

        expect(readUsage().usage).toMatchObject({
          namespace: '4026531840',
          namespaceCount: 3,
          namespaces: [
            { inode: '4026532248', pid: 77, command: 'nginx', count: 255, drop: 16, earlyDrop: 1 },
            { inode: '4026532999', pid: 90, command: 'a b', count: 2, drop: 1, earlyDrop: 0 },
          ],
        })
      })

      test('the clock, free memory, and a sample of the table', () => {
        write('/proc/uptime', '812.57 1500.11\n')
        write('/proc/meminfo', 'MemTotal:  4021456 kB\nMemFree: 1 kB\nMemAvailable:  2000000 kB\n')
        write('/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established', '432000\n')
        const entry = (rest: string): string => `ipv4     2 ${rest}\n`
        write(
          '/proc/net/nf_conntrack',
          [
            entry('tcp      6 431999 ESTABLISHED src=1.2.3.4'),
            entry('tcp      6 400000 ESTABLISHED src=1.2.3.4'),
            entry('tcp      6 299 ESTABLISHED src=1.2.3.4'),
            entry('tcp      6 119 TIME_WAIT src=1.2.3.4'),
            entry('udp      17 29 src=1.2.3.4'),
          ].join(''),
        )
        const { usage } = readUsage()
        expect(usage?.sample).toEqual({ entries: 5, established: 3, idle: 1 })
        expect(usage?.availableBytes).toBe(2_000_000 * 1024)
        expect(usage?.clock?.uptimeSeconds).toBe(812)
        expect(Math.abs((usage?.clock?.epochSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(60)
      })

      test('nothing is changed by it', () => {
        write('/var/log/syslog', 'x\n')
        const before = snapshot()
        readUsage()
        expect(snapshot()).toBe(before)
        expect(readFacts().usage).toBeUndefined()
      })
    })

    test('gives a file of ours back byte for byte, newline at its end or not', () => {
      const text = fc
        .array(fc.string({ unit: 'binary', maxLength: 12 }))
        .map((lines) => lines.join('\n').replaceAll('\0', ''))
      fc.assert(
        fc.property(text, (written) => {
          write(paths.dropIn, written)
          const state = readFacts().files.get(paths.dropIn)
          expect(state).toMatchObject({ state: 'present', text: read(paths.dropIn) })
        }),
        { numRuns: 25, examples: [[''], ['\n'], ['a'], ['a\n\n'], ['|a\n\\b'], ['  a \\\n-n\nthe-end 0\n']] },
      )
    })

    test('finds what is no regular file of ours', () => {
      mkdirSync(join(root, paths.dropIn))
      expect(readFacts().files.get(paths.dropIn)).toEqual({ state: 'strange', why: 'not_a_file' })
    })
  })

  describe('changing', () => {
    test('makes every change of the plan, and a second plan finds nothing', () => {
      const { failure, done, facts } = change(planned())

      expect(failure).toBeNull()
      expect(done.size).toBe(7)
      expect(read(paths.max)).toBe('262144\n')
      expect(read(paths.hashsize)).toBe('65536\n')
      expect(read(paths.rmem)).toBe('4096 131072 6291456\n')
      expect(read(paths.dropIn)).toContain('net.netfilter.nf_conntrack_max = 262144\n')
      expect(statSync(join(root, paths.dropIn)).mode & 0o777).toBe(0o644)
      expect(plan(facts).changes).toEqual([])
      expect(readdirSync(join(root, 'etc/sysctl.d'))).toEqual([...sysctlFiles, 'zz-conntrackctl.conf'])
    })

    test('keeps the mode of a file of ours that is there already', () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      chmodSync(join(root, paths.dropIn), 0o600)
      change(planned())
      expect(statSync(join(root, paths.dropIn)).mode & 0o777).toBe(0o600)
    })

    test('runs nothing of a script that was cut anywhere', () => {
      const script = scriptFor(planned())
      const before = snapshot()
      const lastBrace = script.lastIndexOf('}')
      const step = Math.ceil(lastBrace / 60)
      for (let length = 0; length <= lastBrace; length += length + step > lastBrace ? 1 : step) {
        const answer = run(script.slice(0, length))
        expect(answer, `cut after ${length} of ${script.length} bytes`).toBe('')
      }
      expect(snapshot()).toBe(before)
    })

    test('touches nothing when a value has moved since it was read', () => {
      const changes = planned()
      write(paths.udp, '31\n')
      const before = snapshot()
      expect(change(changes).failure).toMatchObject({ kind: 'moved' })
      expect(snapshot()).toBe(before)
    })

    test('touches nothing when a file has moved since it was read', () => {
      const changes = planned()
      write(paths.dropIn, 'somebody else\n')
      const before = snapshot()
      expect(change(changes).failure).toMatchObject({ kind: 'moved' })
      expect(snapshot()).toBe(before)
    })

    test('puts everything back when a step in the middle fails', () => {
      const changes = planned()
      const failing = changes.findIndex(({ path }) => path === paths.rmem)
      const broken = changes.map((each, index) =>
        index === failing ? { ...each, before: null, path: '/proc/sys/net/ipv4/gone' } : each,
      )
      const { failure, done, stuck } = change(broken)

      expect(failure).toMatchObject({ index: failing })
      expect([...done, ...stuck]).toEqual([])
      for (const [path, text] of Object.entries(files)) expect(read(path), path).toBe(text)
      expect(readdirSync(join(root, 'etc/sysctl.d'))).toEqual(sysctlFiles)
    })

    test('puts back what a module brought when a later step fails, and says that the module stays', () => {
      // A function, since busybox prefers its own modprobe to any file.
      const modprobe = `modprobe() { echo 65536 >.${paths.max}; printf '1\\t2\\n' >.${paths.rmem}; }`
      for (const path of [paths.max, paths.rmem]) rmSync(join(root, path))
      const steps = [
        ['module', 'nf_conntrack', 'loaded'],
        ['live', paths.max, '262144'],
        ['live', paths.rmem, '3 4'],
        ['live', '/proc/sys/net/ipv4/gone', '1'],
      ] as const
      const changes = steps.map(([kind, path, after]): Change => ({
        kind,
        key: path,
        path,
        before: null,
        after,
        reason: '',
      }))
      const script = scriptFor(changes)
      const { failure, done, stuck } = parseSteps(run(`${modprobe}\n${script}`), changes)

      expect(failure).toMatchObject({ index: 3 })
      expect({ done: [...done], stuck: [...stuck] }).toEqual({ done: [], stuck: [0] })
      expect(read(paths.max)).toBe('65536\n')
      expect(read(paths.rmem)).toBe('1\t2\n')
    })

    test('puts a replaced file back, inode and all, when a later rename fails', () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      const { ino } = statSync(join(root, paths.dropIn))
      const changes = planned().filter(({ kind }) => kind === 'file')
      const [first, second] = changes
      // A module step that fails stands for a rename that fails: both come after the first file is in place.
      const module: Change = {
        kind: 'module',
        key: 'x',
        path: 'no-such-module',
        before: null,
        after: '',
        reason: '',
      }
      write('/sbin/modprobe', '#!/bin/sh\necho no such module >&2\nexit 1\n')
      chmodSync(join(root, 'sbin/modprobe'), 0o755)
      const { failure } = change([first, module, second].filter((each) => each !== undefined))

      expect(failure).toMatchObject({ kind: 'command', index: 1 })
      expect(read(paths.dropIn)).toBe('net.netfilter.nf_conntrack_max = 1\n')
      expect(statSync(join(root, paths.dropIn)).ino).toBe(ino)
      expect(readdirSync(join(root, 'etc/sysctl.d'))).toEqual([...sysctlFiles, 'zz-conntrackctl.conf'])
    })

    test('makes a missing folder, and takes it away again when it fails', () => {
      rmSync(join(root, 'etc/modprobe.d'), { recursive: true })
      const changes = planned()
      expect(change([...changes, { ...changes[0]!, before: null, path: '/gone' }]).failure).not.toBeNull()
      expect(readdirSync(join(root, 'etc'))).not.toContain('modprobe.d')

      expect(change(changes).failure).toBeNull()
      expect(read('/etc/modprobe.d/conntrackctl.conf')).toContain('options nf_conntrack hashsize=65536')
    })

    test('writes any text as it is, without a shell reading it', () => {
      const text = fc.string({ unit: 'binary', maxLength: 60 }).map((raw) => raw.replaceAll('\0', ''))
      fc.assert(
        fc.property(text, (after) => {
          rmSync(join(root, paths.dropIn), { force: true })
          const file: Change = { kind: 'file', key: 'f', path: paths.dropIn, before: null, after, reason: '' }
          expect(change([file]).failure).toBeNull()
          expect(readFileSync(join(root, paths.dropIn), 'utf8')).toBe(Buffer.from(after).toString())
        }),
        { numRuns: 25, examples: [['$(id) `id` "$HOME" \'x\' \\n %s !! *'], ['-n'], ['a\r\nb\t\x1b[31m']] },
      )
    })
  })

  /** As a power cut does: also what stands by, in its own session. All of them are in the folder of the host. */
  const killAll = `for process in /proc/[0-9]*; do
    if [ "$(readlink $process/cwd)" = "$(pwd -P)" ] && grep -qa conntrackctl $process/cmdline; then kill -9 "\${process#/proc/}"; fi
  done
  kill -9 0`

  describe('a change that is killed', () => {
    test('is put back by another process, wherever it was', () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      rmSync(join(root, 'etc/modprobe.d'), { recursive: true })
      const changes = planned()
      const before = contents()
      for (let at = 0; at <= changes.length; at += 1) {
        const killed = [...changes.slice(0, at), doing('kill -9 "$pid"; sleep 0.1'), ...changes.slice(at)]
        expect(run(scriptFor(killed)), `killed before step ${at}`).toBe(`${marks.begin}\n`)
        expect(contents(), `killed before step ${at}`).toEqual(before)
      }
      expect(change(changes).failure).toBeNull()
    })

    test('stays, and is cleared up after, once all is done', () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      const changes = planned()
      const killing = 'sync() { case $1 in *journal) ;; *) kill -9 "$pid"; command sleep 0.1 ;; esac; }'
      expect(run(`${killing}\n${scriptFor(changes)}`)).toBe(`${marks.begin}\n`)
      expect(plan(readFacts()).changes).toEqual([])
      expect(Object.keys(contents()).filter((path) => path.includes(tag))).toEqual([])
      expect(Object.keys(contents())).not.toContain(lockPath)
    })

    test('is put back where its whole session was killed, by what stands by in another one', async () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      const changes = planned()
      const before = contents()
      for (let at = 0; at <= changes.length; at += 1) {
        const killed = [...changes.slice(0, at), doing('kill -9 0'), ...changes.slice(at)]
        expect(run(scriptFor(killed)), `killed before step ${at}`).toBe(`${marks.begin}\n`)
        // Its lock goes last.
        await until(() => !readdirSync(join(root, 'run')).includes('conntrackctl.lock'))
        expect(contents(), `killed before step ${at}`).toEqual(before)
      }
    })

    test('is found, and put back, by the next run where all of it was killed', async () => {
      write(paths.dropIn, 'net.netfilter.nf_conntrack_max = 1\n')
      const changes = planned()
      const before = contents()
      expect(run(scriptFor([...changes, doing(killAll)]))).toBe(`${marks.begin}\n`)
      expect(contents()).not.toEqual(before)
      // What was killed is there until init has buried it.
      await until(() => readFacts().atWork.holder === null)
      expect(readFacts().atWork).toEqual({ holder: null, hasJournal: true })
      // A value that somebody has set since is his.
      write(paths.udp, '77\n')

      const next = { tag: 'def456', who: 'the next run', journal: 'run' } as const
      const facts = parseFacts(run(healingScript(next, readingFor(wish), marks)), 'apply')
      expect(facts.atWork).toEqual({ holder: null, hasJournal: false })
      expect(read(paths.udp)).toBe('77\n')
      write(paths.udp, files[paths.udp]!)
      expect(contents()).toEqual(before)
    })

    test('and booted since keeps the values of its new boot, and gets its files back', () => {
      const changes = planned()
      run(scriptFor([...changes, doing(killAll)]))
      write('/proc/sys/kernel/random/boot_id', '11111111-3f0b-4a55-9f0e-2b8f3d1c9a11\n')
      run(healingScript({ tag: 'def456', who: 'next', journal: 'run' }, readingFor(wish), marks))
      expect(read(paths.max)).toBe('262144\n')
      expect(readdirSync(join(root, 'etc/sysctl.d'))).toEqual(sysctlFiles)
    })

    test('leaves nothing where its journal was cut short by a power cut', () => {
      write('/etc/.conntrackctl.abc123.journal', '{\necho >./etc/hacked\n')
      run(healingScript({ tag: 'def456', who: 'next', journal: 'run' }, readingFor(wish), marks))
      expect(readdirSync(join(root, 'etc')).filter((name) => /hacked|conntrackctl/.test(name))).toEqual([])
    })
  })

  describe('the lock', () => {
    const holdFor = (text: string): void => symlinkSync(text, join(root, lockPath))

    test('keeps a second run away, which tells who holds it', () => {
      const changes = planned()
      const text = `${bootId} ${process.pid} - other run Q of somebody@elsewhere`
      holdFor(text)
      const before = snapshot()
      const { failure, facts } = change(changes)
      expect(failure).toMatchObject({ kind: 'locked', index: null })
      expect(failure?.message).toContain('run Q of somebody@elsewhere')
      expect(facts.atWork).toEqual({ holder: 'run Q of somebody@elsewhere', hasJournal: false })
      expect(snapshot()).toBe(before)
      expect(readlinkSync(join(root, lockPath))).toBe(text)
    })

    test.each([
      ['died', `${bootId} 999999999 - other run Q`],
      ['was of an earlier boot', `11111111-0000-0000-0000-000000000000 ${process.pid} - other run Q`],
      ['says nothing that can be understood', 'nonsense'],
    ])('is taken over from a holder that %s', (_why, text) => {
      const changes = planned()
      holdFor(text)
      expect(change(changes).failure).toBeNull()
      expect(readdirSync(join(root, 'run'))).toEqual(['systemd'])
    })

    test('is gone after a failure as well', () => {
      change([...planned(), { ...planned()[0]!, before: null, path: '/gone' }])
      expect(readdirSync(join(root, 'run'))).toEqual(['systemd'])
    })
  })

  describe('a change that has to be confirmed', () => {
    const dangerous = () => [...planned(), doing('echo 1 >./etc/rule-is-there')]
    const withUndo = () =>
      dangerous().map((each) =>
        each.commands ? { ...each, commands: { ...each.commands, undo: 'rm -f ./etc/rule-is-there' } } : each,
      )
    const isIdle = (): boolean => !existsSync(join(root, 'etc/.conntrackctl.abc123.journal'))
    const confirmed = (): string =>
      /^confirm (\w+)$/m.exec(run(confirmingScript(presence, marks)))?.[1] ?? 'nothing'

    test('stays when it is', async () => {
      const answer = run(scriptFor(withUndo(), 20))
      expect(answer).toContain('\narmed\n')
      expect(readFacts().atWork).toEqual({ holder: presence.who, hasJournal: true })
      expect(confirmed()).toBe('done')
      expect(plan(readFacts()).changes).toEqual([])
      expect(existsSync(join(root, 'etc/rule-is-there'))).toBe(true)
      expect(Object.keys(contents()).filter((path) => path.includes(tag))).toEqual([])
      expect(readdirSync(join(root, 'run'))).toEqual(['systemd'])
      expect(confirmed()).toBe('gone')
    })

    test('is put back by the host when it is not: values, files and rules', async () => {
      const changes = withUndo()
      const before = contents()
      run(scriptFor(changes, 1))
      await until(isIdle)
      await until(() => readdirSync(join(root, 'run')).length === 1)
      expect(contents()).toEqual(before)
      expect(confirmed()).toBe('gone')
    })

    test('leaves alone what somebody else has put in the place of a file since', async () => {
      run(scriptFor(withUndo(), 1))
      rmSync(join(root, paths.dropIn))
      write(paths.dropIn, 'theirs\n')
      await until(isIdle)
      await until(() => readdirSync(join(root, 'run')).length === 1)
      expect(read(paths.dropIn)).toBe('theirs\n')
      expect(readdirSync(join(root, 'etc/sysctl.d'))).toEqual([...sysctlFiles, 'zz-conntrackctl.conf'])
    })

    test('is put back at once when a step of it fails', () => {
      const { failure } = change(withUndo())
      expect(failure).toBeNull()
      const answer = run(scriptFor([doing('echo 1 >./etc/other-rule'), doing('echo no >&2; false')], 600))
      expect(parseSteps(answer, []).failure?.message).toContain('no')
      expect(answer).not.toContain('\narmed\n')
      expect(isIdle()).toBe(true)
    })

    test('that hangs until the time is over is put back as well', async () => {
      const changes = [...planned(), doing('sleep 3'), ...planned().slice(0, 1)]
      const before = contents()
      const answer = run(scriptFor(changes, 1))
      expect(answer).toContain('failed late')
      await until(() => readdirSync(join(root, 'run')).length === 1)
      expect(contents()).toEqual(before)
    })
  })
}
