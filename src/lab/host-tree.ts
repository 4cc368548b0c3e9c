import { createHash } from 'node:crypto'
import { sysctlPath } from '../kernel/sysctl-key.ts'
import type { Condition } from './condition.ts'
import { conntrackFiles } from './conntrack-files.ts'
import { type Entry, file, type FileTree } from './file-tree.ts'
import { modprobe } from './modprobe.ts'

/** Neighbours of conntrack that playbooks set beside it, as a kernel of today has them at boot. */
const neighbours: Readonly<Record<string, string>> = {
  'fs.file-max': '9223372036854775807',
  'net.core.netdev_max_backlog': '1000',
  'net.core.somaxconn': '4096',
  'net.ipv4.ip_forward': '0',
  'net.ipv4.ip_local_port_range': '32768\t60999',
  'net.ipv4.tcp_fin_timeout': '60',
  'net.ipv4.tcp_keepalive_intvl': '75',
  'net.ipv4.tcp_keepalive_probes': '9',
  'net.ipv4.tcp_keepalive_time': '7200',
  'net.ipv4.tcp_max_syn_backlog': '1024',
  'net.ipv4.tcp_max_tw_buckets': '65536',
  'net.ipv4.tcp_rmem': '4096\t131072\t6291456',
  'net.ipv4.tcp_syncookies': '1',
  'net.ipv4.tcp_tw_reuse': '2',
  'net.ipv4.tcp_wmem': '4096\t16384\t4194304',
  'vm.swappiness': '60',
}

/** All files of one host. Two hosts of a kind differ by name, boot id and a little in their entries. */
export function hostTree(condition: Condition, name: string, index: number): FileTree {
  const { table } = condition
  const entries = Math.max(0, table.count - ((61 * index) % 300))
  const own = { ...condition, table: { ...table, count: entries } }
  const files = new Map<string, Entry>([
    ...systemFiles(own, name),
    ...(condition.conntrack === 'absent'
      ? notYetLoaded(conntrackFiles({ ...own, conntrack: 'module' }), condition.kernel)
      : conntrackFiles(own)),
    ...Object.entries(condition.files ?? {}).map(
      ([path, entry]) => [path, typeof entry === 'string' ? file(entry) : entry] as const,
    ),
  ])
  if (condition.readOnly !== 'proc_sys') return files
  return new Map([...files].map(([path, entry]) => [path, isKernels(path) ? withoutWriting(entry) : entry]))
}

function systemFiles(condition: Condition, name: string): FileTree {
  const { kernel, os, init, memoryGib, values = {} } = condition
  const memoryKib = memoryGib * 1024 * 1024
  const settings = { ...neighbours, ...values }
  const files = new Map<string, Entry>([
    ['/etc/hostname', file(`${name}\n`)],
    ['/proc/meminfo', file(meminfo(memoryKib), 0o444)],
    // The host's own user is root, whoever runs the lab: its files are there to be written.
    ['/proc/self/status', file('Name:\tsh\nUid:\t0\t0\t0\t0\n', 0o444)],
    ['/proc/self/smaps', file('KernelPageSize:        4 kB\n', 0o444)],
    ['/proc/sys/kernel/osrelease', file(`${kernel}\n`, 0o444)],
    ['/proc/sys/kernel/random/boot_id', file(`${bootId(name)}\n`, 0o444)],
    ['/sbin/modprobe', file(modprobe, 0o755)],
    ...Object.entries(settings)
      .filter(([key]) => !key.startsWith('net.netfilter.'))
      .map(([key, value]) => [sysctlPath(key), file(`${value}\n`)] as const),
  ])
  if (os) files.set('/etc/os-release', file(`ID=${os[0]}\nVERSION_ID="${os[1]}"\n`))
  if (init === 'openrc') files.set('/run/openrc/softlevel', file('default\n'))
  if (init === 'sysvinit')
    files.set('/etc/rc.d/rc.sysinit', file('#!/bin/bash\nsysctl -e -p /etc/sysctl.conf\n'))
  if (init.startsWith('systemd')) {
    files.set('/run/systemd/system/.keep', file(''))
    files.set(`/usr/lib/systemd/libsystemd-shared-${init.slice(8)}.so`, file(''))
    files.set('/etc/systemd/system/multi-user.target.wants/ssh.service', file(''))
    files.set(
      '/usr/lib/sysctl.d/50-default.conf',
      file('-net.ipv4.conf.all.rp_filter = 2\nnet.ipv4.conf.*.rp_filter = 2\n'),
    )
    for (const folder of ['modprobe.d', 'modules-load.d', 'sysctl.d'])
      files.set(`/etc/${folder}/README`, file('Files named *.conf in this folder are read at boot.\n'))
  }
  return files
}

/** The module's files where the host's modprobe finds them. */
function notYetLoaded(files: FileTree, kernel: string): FileTree {
  return new Map([...files].map(([path, entry]) => [`/lib/modules/${kernel}/nf_conntrack${path}`, entry]))
}

function meminfo(totalKib: number): string {
  const line = (name: string, kib: number): string =>
    `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`
  return `${line('MemTotal', totalKib)}${line('MemFree', totalKib >> 2)}${line('MemAvailable', totalKib >> 1)}`
}

/** The same at every start, so that two runs of the lab can be compared. */
function bootId(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex')
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

function isKernels(path: string): boolean {
  return path.startsWith('/proc/sys/') || path.startsWith('/sys/')
}

function withoutWriting(entry: Entry): Entry {
  return 'text' in entry ? { ...entry, mode: entry.mode & 0o555 } : entry
}
