import { roughTime } from '../usage/rough-time.ts'
import type { Usage } from '../usage/usage.ts'
import type { HostResult } from './host-result.ts'

/** A host of which is known how full it is. */
export type CheckedHost = HostResult & { readonly usage: Usage }

/** `98 % of 65536 entries, 1311 free`, with ranges for several hosts. */
export function usedText(hosts: readonly CheckedHost[]): string {
  const used = span(hosts.map(({ usage }) => usage.used_percent))
  const count = span(hosts.map(({ facts }) => facts?.count ?? null))
  const max = span(hosts.map(({ facts }) => facts?.max ?? null))
  const free = span(hosts.map(({ usage }) => usage.free_entries))
  if (count === null) return 'conntrack is not loaded: nothing is tracked'
  return used === null
    ? `${count} entries, without a limit`
    : `${used} % used, ${count} of ${max} entries, ${free} free`
}

/** What else there is to know of hosts that share an entry, a line each. */
export function usageLines(hosts: readonly CheckedHost[]): readonly string[] {
  return [
    ...growthLine(hosts),
    ...lostLine(hosts),
    ...sizeLine(hosts),
    ...logLine(hosts),
    ...namespaceLine(hosts),
  ]
}

function growthLine(hosts: readonly CheckedHost[]): readonly string[] {
  const growing = hosts.filter(({ usage }) => usage.growth.full_in_seconds !== null)
  const [soonest] = growing
  if (soonest === undefined) {
    const whys = new Set(hosts.map(({ usage }) => usage.growth.why))
    const rates = span(hosts.map(({ usage }) => usage.growth.entries_per_hour))
    const rate = rates === null ? '' : `${rates} entries an hour; `
    return whys.size === 1 && hosts.length === 1 ? [`growth    ${rate}${[...whys][0] ?? ''}`] : []
  }
  const { growth } = soonest.usage
  const rate = span(growing.map(({ usage }) => usage.growth.entries_per_hour))
  const basis = `median slope of ${growth.points} readings over ${roughTime(growth.span_seconds)}`
  const which = hosts.length === 1 ? '' : `, ${soonest.host} first`
  const share = hosts.length === 1 ? '' : ` (${growing.length} of ${hosts.length} hosts)`
  return [
    `growth    ${rate} entries an hour${share}: full in ${roughTime(growth.full_in_seconds ?? 0)}${which}, at ${growth.full_at} (${basis})`,
  ]
}

function lostLine(hosts: readonly CheckedHost[]): readonly string[] {
  const fresh = hosts.flatMap(({ usage }) => (usage.lost.since_last === null ? [] : [usage.lost.since_last]))
  const isCompared = fresh.length === hosts.length
  const lost = isCompared ? fresh : hosts.map(({ usage }) => usage.lost.since_boot)
  const counts = [
    ['dropped', lost.map(({ drop }) => drop)],
    ['thrown out early', lost.map(({ early_drop: early }) => early)],
    ['inserts failed', lost.map(({ insert_failed: failed }) => failed)],
    ['lost to long chains', lost.map(({ chainlength }) => chainlength)],
  ] as const
  const told = counts.flatMap(([name, values]) =>
    values.some((value) => (value ?? 0) > 0) ? [`${span(values)} ${name}`] : [],
  )
  const runs = new Set(fresh.map(({ run }) => run))
  const since = isCompared ? (runs.size === 1 ? `run ${[...runs][0]}` : 'the last run') : 'boot'
  return [`since ${since}: ${told.length === 0 ? 'nothing lost' : told.join(', ')}`]
}

function sizeLine(hosts: readonly CheckedHost[]): readonly string[] {
  const buckets = span(hosts.map(({ facts }) => facts?.hashsize ?? null))
  if (buckets === null) return []
  const mebibytes = (pick: (usage: Usage) => number | null): string | null =>
    span(hosts.map(({ usage }) => scaled(pick(usage))))
  const load = span(hosts.map(({ usage }) => usage.load_factor.full))
  const now = mebibytes(({ memory }) => memory.now_bytes)
  const full = mebibytes(({ memory }) => memory.full_bytes)
  const available = mebibytes(({ memory }) => memory.available_bytes)
  return [
    [
      `hash      ${buckets} buckets`,
      ...(load === null ? [] : [`load factor ${load} when full`]),
      ...(now === null ? [] : [`${now} MiB now`]),
      ...(full === null ? [] : [`${full} MiB when full`]),
      ...(available === null ? [] : [`${available} MiB of memory free`]),
    ].join(', '),
  ]
}

function logLine(hosts: readonly CheckedHost[]): readonly string[] {
  const told = hosts.flatMap(({ usage }) => usage.logs.filter(({ lines }) => (lines ?? 0) > 0))
  if (told.length === 0) return []
  const sources = [...new Set(told.map(({ source }) => source))].join(', ')
  const firsts = told.flatMap(({ first }) => first ?? []).toSorted()
  const lasts = told.flatMap(({ last }) => last ?? []).toSorted()
  const when = firsts[0] === undefined ? '' : `, first ${firsts[0]}, last ${lasts.at(-1)}`
  return [`logs      a full table in ${sources}${when}`]
}

function namespaceLine(hosts: readonly CheckedHost[]): readonly string[] {
  const tables = hosts.flatMap(({ usage }) => usage.namespaces.tables)
  const [fullest] = tables.toSorted((one, other) => other.count - one.count)
  if (fullest === undefined || fullest.count === 0) return []
  const share = fullest.used_percent === null ? '' : `, ${fullest.used_percent} % of max`
  return [
    `others    ${tables.length} other network namespaces; the fullest, of ${fullest.command} (pid ${fullest.pid}), has ${fullest.count} entries${share}`,
  ]
}

function scaled(bytes: number | null): number | null {
  return bytes === null ? null : Math.ceil(bytes / 2 ** 20)
}

/** `98`, or `91..98`; null where none is known. */
function span(values: readonly (number | null)[]): string | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  const [least, most] = [Math.min(...known), Math.max(...known)]
  return least === most ? String(least) : `${least}..${most}`
}
