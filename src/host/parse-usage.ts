import type { HostClock, LogFacts, NamespaceFacts, UsageFacts } from './facts.ts'

type Words = ReadonlyMap<string, readonly string[]>

const sources: ReadonlySet<string> = new Set([
  'dmesg',
  'journal',
  '/var/log/messages',
  '/var/log/syslog',
  '/var/log/kern.log',
])

/** Tables of namespaces that are kept of one answer: as many as usage.sh asks. */
const mostNamespaces = 64

/** Reads what usage.sh printed. Lines of logs are anybody's words and stay text; all else is taken by shape. */
export function parseUsage(words: Words): UsageFacts {
  const [, available] = /^(\d{1,15})$/.exec(words.get('available')?.[0] ?? '') ?? []
  const netns = words.get('netns') ?? []
  const number = (pattern: RegExp): string | null =>
    netns.flatMap((line) => pattern.exec(line)?.[1] ?? [])[0] ?? null
  return {
    availableBytes: available === undefined ? null : Number(available) * 1024,
    clock: parseClock(words),
    logs: parseLogs(words.get('log') ?? []),
    namespace: number(/^own (\d{1,12})$/),
    namespaces: parseNamespaces(netns),
    namespaceCount: Number(number(/^total (\d{1,7})$/) ?? 0),
    sample: parseSample(words.get('sample')?.[0] ?? ''),
  }
}

function parseClock(words: Words): HostClock | null {
  const [, seconds, sign, hours, minutes] =
    /^(\d{1,11}) ([+-])(\d\d)(\d\d)$/.exec(words.get('clock')?.[0] ?? '') ?? []
  if (seconds === undefined) return null
  const uptime = /^(\d{1,10})(?:\.\d+)?(?: |$)/.exec(words.get('uptime')?.[0] ?? '')?.[1]
  return {
    epochSeconds: Number(seconds),
    zoneSeconds: (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60),
    uptimeSeconds: uptime === undefined ? null : Number(uptime),
  }
}

function parseLogs(lines: readonly string[]): readonly LogFacts[] {
  const logs = new Map<
    string,
    { lines: number | null; first: string; last: string; namespaces: Map<string, number> }
  >()
  for (const line of lines) {
    const [, source = '', word = '', rest = ''] = /^(\S+) (\w+) ?(.*)$/s.exec(line) ?? []
    if (!sources.has(source)) continue
    const log = logs.get(source) ?? { lines: null, first: '', last: '', namespaces: new Map() }
    logs.set(source, log)
    if (word === 'lines' && /^\d{1,9}$/.test(rest)) log.lines = Number(rest)
    if (word === 'first') log.first = rest.slice(0, 300)
    if (word === 'last') log.last = rest.slice(0, 300)
    const [, inode, times] = /^(\d{1,12}) (\d{1,9})$/.exec(word === 'netns' ? rest : '') ?? []
    if (inode !== undefined && log.namespaces.size < mostNamespaces) log.namespaces.set(inode, Number(times))
  }
  return [...logs].map(([source, log]) => ({ source, ...log }))
}

function parseNamespaces(lines: readonly string[]): readonly NamespaceFacts[] {
  const tables = new Map<string, readonly number[]>()
  for (const line of lines) {
    const [, pid, ...numbers] = /^table (\d{1,10}) (\d{1,12}) (\d{1,15}) (\d{1,15})$/.exec(line) ?? []
    if (pid !== undefined) tables.set(pid, numbers.map(Number))
  }
  const found: NamespaceFacts[] = []
  for (const line of lines) {
    const [, inode = '', pid = '', command = ''] = /^process (\d{1,12}) (\d{1,10}) ?(.*)$/s.exec(line) ?? []
    const [count, drop, earlyDrop] = tables.get(pid) ?? []
    if (count === undefined || found.length >= mostNamespaces) continue
    found.push({
      inode,
      pid: Number(pid),
      command: command.slice(0, 40),
      count,
      drop: drop ?? 0,
      earlyDrop: earlyDrop ?? 0,
    })
  }
  return found
}

function parseSample(line: string): UsageFacts['sample'] {
  const [, entries, established, idle] = /^(\d{1,6}) (\d{1,6}) (\d{1,6})$/.exec(line) ?? []
  if (entries === undefined) return null
  return { entries: Number(entries), established: Number(established), idle: Number(idle) }
}
