import { sysctlPath } from '../kernel/sysctl-key.ts'
import type { Condition } from './condition.ts'
import { type Entry, file, type FileTree } from './file-tree.ts'
import { idleEntries } from './idle-entries.ts'
import { defaultSettings } from './kernel-defaults.ts'
import { isOlderThan } from './kernel-version.ts'

/**
 * What a loaded conntrack shows below /proc and /sys. One variable that has several names is one file with
 * links to it, so that a write through one of them is seen through all, as in the kernel.
 *
 * These are plain files: the kernel's own rules (a hashsize is rounded up, nonsense is EINVAL, writes from
 * another namespace are refused) are not played, so every hashsize in the lab is a multiple of 512.
 */
export function conntrackFiles(condition: Condition): FileTree {
  return condition.conntrack === 'ip_conntrack' ? ipConntrackFiles(condition) : nfConntrackFiles(condition)
}

function nfConntrackFiles(condition: Condition): FileTree {
  const { kernel, table, conntrack, readOnly } = condition
  const hashsize = '/sys/module/nf_conntrack/parameters/hashsize'
  const files = new Map<string, Entry>([
    ...settingFiles(condition, 'nf', (key) => key),
    ['/proc/sys/net/netfilter/nf_conntrack_max', number(table.max, readOnly === 'table' ? 0o444 : 0o644)],
    ['/proc/sys/net/netfilter/nf_conntrack_count', number(table.count, 0o444)],
    [
      '/proc/sys/net/netfilter/nf_conntrack_expect_max',
      number(4 * Math.max(1, Math.floor(table.hashsize / 256))),
    ],
    [hashsize, number(table.hashsize, 0o600)],
    // Before 4.8 the sysctl is read-only, and up to 5.11 it does not follow the parameter: a file of its own.
    [
      '/proc/sys/net/netfilter/nf_conntrack_buckets',
      isOlderThan(kernel, '5.12') || readOnly === 'table'
        ? number(table.hashsize, isOlderThan(kernel, '4.8') || readOnly === 'table' ? 0o444 : 0o644)
        : { linkTo: `../../../..${hashsize}` },
    ],
    ['/proc/net/stat/nf_conntrack', file(statistics(condition), 0o444)],
  ])
  // The second name of max stands in the first network namespace only.
  if (readOnly !== 'table')
    files.set('/proc/sys/net/nf_conntrack_max', { linkTo: 'netfilter/nf_conntrack_max' })
  if (table.entries === 'idle') files.set('/proc/net/nf_conntrack', file(idleEntries(table.count), 0o440))
  const modules = ['nf_conntrack']
  // Up to 4.18, TCP and UDP over IPv4 and IPv6 are tracked by modules of their own.
  if (isOlderThan(kernel, '4.19')) modules.push('nf_conntrack_ipv4', 'nf_conntrack_ipv6')
  if (conntrack !== 'builtin')
    for (const name of modules) files.set(`/sys/module/${name}/initstate`, file('live\n', 0o444))
  return files
}

function ipConntrackFiles(condition: Condition): FileTree {
  const { table } = condition
  const hashsize = '/sys/module/ip_conntrack/parameters/hashsize'
  return new Map<string, Entry>([
    ...settingFiles(condition, 'ip', (key) =>
      key.replace('net.netfilter.nf_conntrack_', 'net.ipv4.netfilter.ip_conntrack_'),
    ),
    ['/proc/sys/net/ipv4/ip_conntrack_max', number(table.max)],
    ['/proc/sys/net/ipv4/netfilter/ip_conntrack_max', { linkTo: '../ip_conntrack_max' }],
    ['/proc/sys/net/ipv4/netfilter/ip_conntrack_count', number(table.count, 0o444)],
    ['/proc/sys/net/ipv4/netfilter/ip_conntrack_buckets', { linkTo: `../../../../..${hashsize}` }],
    [hashsize, number(table.hashsize, 0o600)],
    ['/sys/module/ip_conntrack/initstate', file('live\n', 0o444)],
    ['/proc/net/stat/ip_conntrack', file(statistics(condition), 0o444)],
  ])
}

function settingFiles(
  { kernel, values = {} }: Condition,
  family: 'nf' | 'ip',
  nameHere: (key: string) => string,
): readonly (readonly [string, Entry])[] {
  const own = Object.entries(values).filter(([key]) => key.startsWith('net.netfilter.'))
  const settings = new Map([...defaultSettings(kernel, family), ...own])
  return [...settings].map(([key, value]) => [sysctlPath(nameHere(key)), file(`${value}\n`)] as const)
}

function number(value: number, mode = 0o644): Entry {
  return file(`${value}\n`, mode)
}

/** /proc/net/stat: a header and a row of hexadecimal numbers for each of two CPUs, whose columns changed over time. */
function statistics({ kernel, table, conntrack }: Condition): string {
  const second = isOlderThan(kernel, '5.10') ? 'searched' : 'clashres'
  const eighth = isOlderThan(kernel, '5.12') ? 'delete_list' : 'chainlength'
  const last = conntrack === 'ip_conntrack' || isOlderThan(kernel, '3.0') ? '' : ' search_restart'
  const header =
    `entries ${second} found new invalid ignore delete ${eighth} insert insert_failed drop early_drop ` +
    `icmp_error expect_new expect_create expect_delete${last}`
  const columns = header.split(' ')
  const drops = table.drops ?? 0
  const rows = [Math.ceil(drops / 2), Math.floor(drops / 2)].map((drop) => {
    const cells: Readonly<Record<string, number>> = { entries: table.count, drop, early_drop: drop * 3 }
    return columns.map((column) => (cells[column] ?? 0).toString(16).padStart(8, '0')).join(' ')
  })
  return [header, ...rows, ''].join('\n')
}
