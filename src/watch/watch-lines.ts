import { printable } from '../printable.ts'
import { jsonText } from '../report/json-text.ts'
import { summariseFleet, summaryWords } from './fleet-summary.ts'
import { firstView, shownHosts } from './view-state.ts'
import { alarmOf, digits, percentWord, rateWord, spanWord, stateWord } from './watch-words.ts'
import type { WatchedHost } from './watched-host.ts'

const mostLoud = 10

/** One look at the fleet for a log: a line of figures, then the hosts that somebody should look at. */
export function summaryLines(hosts: readonly WatchedHost[], now: Date): string {
  const loud = shownHosts(hosts, firstView).filter(isLoud)
  const more = loud.length - mostLoud
  return [
    `${now.toISOString().slice(0, 19)}Z ${printable(summaryWords(summariseFleet(hosts)))}`,
    ...loud.slice(0, mostLoud).map((host) => `  ${hostWords(host)}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** Every host on a line, the fullest first, and the figures of the fleet at the end: for `--once`. */
export function tableLines(hosts: readonly WatchedHost[]): string {
  const width = hosts.reduce((most, { host }) => Math.max(most, printable(host).length), 4)
  const lines = shownHosts(hosts, firstView).map((host) => hostWords(host, width))
  return [...lines, printable(summaryWords(summariseFleet(hosts)))].map((line) => `${line}\n`).join('')
}

function isLoud({ state, history }: WatchedHost): boolean {
  const trend = state === 'live' ? history.trend() : null
  return trend === null ? state === 'lost' || state === 'refused' : alarmOf(trend) !== 'calm'
}

function hostWords(host: WatchedHost, width = 0): string {
  const name = printable(host.host).padEnd(width)
  const trend = host.state === 'live' ? host.history.trend() : null
  if (trend === null) return `${name}  ${printable(stateWord(host))}`
  const { sample, used, entriesPerSecond, dropsPerSecond, fullInSeconds } = trend
  const max = sample.max === 0 ? 'no limit' : digits(sample.max)
  return [
    name,
    percentWord(used).padStart(5),
    `${digits(sample.count)} of ${max}`,
    rateWord(entriesPerSecond),
    (dropsPerSecond ?? 0) > 0 ? `${digits(dropsPerSecond ?? 0)} drops/s` : '',
    fullInSeconds === null ? '' : `full in ${spanWord(fullInSeconds)}`,
    sample.drop !== null && sample.drop > 0 ? `${digits(sample.drop)} drops since boot` : '',
  ]
    .filter(Boolean)
    .join('  ')
}

/** What is new of a host, as one line of JSON. */
export function hostJsonLine(host: WatchedHost, now: Date): string {
  const trend = host.state === 'live' ? host.history.trend() : null
  return `${jsonText({
    at: now.toISOString(),
    host: host.host,
    state: host.state,
    count: trend?.sample.count ?? null,
    max: trend?.sample.max ?? null,
    used: trend === null ? null : Number(trend.used.toFixed(4)),
    entries_per_second: rounded(trend?.entriesPerSecond),
    drop: trend?.sample.drop ?? null,
    drops_per_second: rounded(trend?.dropsPerSecond),
    early_drop: trend?.sample.earlyDrop ?? null,
    insert_failed: trend?.sample.insertFailed ?? null,
    chainlength: trend?.sample.chainlength ?? null,
    full_in_seconds: rounded(trend?.fullInSeconds),
    error: host.error,
  })}\n`
}

function rounded(number: number | null | undefined): number | null {
  return number === null || number === undefined ? null : Number(number.toFixed(2))
}
