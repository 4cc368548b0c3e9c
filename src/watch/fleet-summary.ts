import type { WatchedHost } from './watched-host.ts'
import { digits, percentWord, spanWord } from './watch-words.ts'

/** The fleet in a few figures. */
export interface FleetSummary {
  readonly hosts: number
  readonly live: number
  readonly lost: number
  readonly entries: number
  readonly dropsPerSecond: number
  readonly fullest: { readonly host: string; readonly used: number } | null
  readonly fullNext: { readonly host: string; readonly seconds: number } | null
  /** At 75 % and more of max. */
  readonly near: number
}

export function summariseFleet(hosts: readonly WatchedHost[]): FleetSummary {
  let [live, lost, entries, dropsPerSecond, near] = [0, 0, 0, 0, 0]
  let fullest: FleetSummary['fullest'] = null
  let fullNext: FleetSummary['fullNext'] = null
  for (const { host, state, history } of hosts) {
    if (state === 'lost' || state === 'refused') lost += 1
    const trend = state === 'live' ? history.trend() : null
    if (state === 'live' || state === 'no_table') live += 1
    if (trend === null) continue
    entries += trend.sample.count
    dropsPerSecond += Math.max(0, trend.dropsPerSecond ?? 0)
    if (trend.used >= 0.75) near += 1
    if (fullest === null || trend.used > fullest.used) fullest = { host, used: trend.used }
    const seconds = trend.fullInSeconds
    if (seconds !== null && (fullNext === null || seconds < fullNext.seconds)) fullNext = { host, seconds }
  }
  return { hosts: hosts.length, live, lost, entries, dropsPerSecond, fullest, fullNext, near }
}

/** `197 of 200 hosts live, 3 lost, 4,201,337 entries, fullest web07 93%, 12 drops/s`. */
export function summaryWords(summary: FleetSummary): string {
  const { hosts, live, lost, entries, near, fullest, fullNext, dropsPerSecond } = summary
  return [
    `${live} of ${hosts} hosts live`,
    ...(lost > 0 ? [`${lost} lost`] : []),
    `${digits(entries)} entries`,
    ...(fullest === null ? [] : [`fullest ${fullest.host} ${percentWord(fullest.used)}`]),
    ...(near > 0 ? [`${near} at 75% or more`] : []),
    ...(fullNext === null ? [] : [`${fullNext.host} full in ${spanWord(fullNext.seconds)}`]),
    `${digits(dropsPerSecond)} drops/s`,
  ].join(', ')
}
