import { printable } from '../printable.ts'
import type { Paint } from '../report/paint.ts'
import { summariseFleet, summaryWords } from './fleet-summary.ts'
import type { TableTrend } from './sample-history.ts'
import { type Sorting, shownHosts, type ViewState } from './view-state.ts'
import { alarmOf, digits, percentWord, rateWord, spanWord, stateWord } from './watch-words.ts'
import type { WatchedHost } from './watched-host.ts'

/** What a frame is drawn from. */
export interface WatchFrame {
  readonly hosts: readonly WatchedHost[]
  readonly state: ViewState
  readonly columns: number
  readonly rows: number
  readonly intervalSeconds: number
  readonly nowSeconds: number
  readonly paint: Paint
}

/** Rows that are not for hosts: summary, blank, heading, and the line of keys. */
const otherRows = 4

export function hostRows(rows: number): number {
  return Math.max(1, rows - otherRows)
}

const sortingWords: Readonly<Record<Sorting, string>> = {
  used: 'used',
  growth: 'growth',
  drops: 'drops',
  full_in: 'full in',
  host: 'name',
}

const colors = { calm: 'green', near: 'yellow', full: 'red' } as const

/** The whole screen as lines, each at most as wide as it; never more of them than rows. */
export function renderWatch(frame: WatchFrame): string[] {
  const { state, rows } = frame
  const lines =
    state.screen === 'help' ? help(frame) : state.screen === 'detail' ? detail(frame) : list(frame)
  return lines.slice(0, rows).map((line) => cutPainted(line, frame.columns))
}

function list(frame: WatchFrame): string[] {
  const { hosts, state, columns, rows, paint } = frame
  const shown = shownHosts(hosts, state)
  const room = hostRows(rows)
  const top = Math.max(0, Math.min(state.top, shown.length - room))
  const widths = columnWidths(shown, columns)
  const visible = shown.slice(top, top + room)
  const lines = visible.map((host) => hostLine(host, widths, state.selected === host.host, frame))
  while (lines.length < room) lines.push('')
  const none = hosts.length === 0 ? 'no hosts' : 'no host is like that: Esc clears the filter'
  if (shown.length === 0) lines[0] = paint(cut(none, columns), 'dim')
  const order = `${sortingWords[state.sorting]}${state.isReversed ? ', reversed' : ''}`
  const heading = `${'HOST'.padEnd(widths.name)} ${''.padEnd(widths.bar)} ${'USED'.padStart(5)} ${'COUNT'.padStart(11)} ${'MAX'.padStart(11)} ${'GROWTH'.padStart(9)} ${'DROPS'.padStart(7)} ${'FULL IN'.padStart(7)}`
  return [
    paint(cut(printable(summaryWords(summariseFleet(hosts))), columns), 'bold'),
    paint(
      cut(
        `every ${frame.intervalSeconds} s, by ${order}, ${shown.length} shown${shown.length > room ? `, ${top + 1}-${top + visible.length}` : ''}`,
        columns,
      ),
      'dim',
    ),
    paint(cut(heading, columns), 'dim'),
    ...lines,
    footer(frame),
  ]
}

function footer({ state, columns, paint }: WatchFrame): string {
  if (state.isTyping) return cut(`/${printable(state.filter)}_   Enter keeps it, Esc clears it`, columns)
  const filter = state.filter === '' ? '' : `filter: ${printable(state.filter)}   `
  return paint(
    cut(`${filter}q quit  s sort  o reverse  / filter  Enter detail  r retry  ? help`, columns),
    'dim',
  )
}

/** The bar gets what the numbers leave; on a narrow screen there is none. */
function columnWidths(hosts: readonly WatchedHost[], columns: number): { name: number; bar: number } {
  const longest = hosts.reduce((most, { host }) => Math.max(most, host.length), 4)
  const numbers = 5 + 11 + 11 + 9 + 7 + 7 + 7
  const name = Math.min(longest, 28, Math.max(8, columns - 24))
  return { name, bar: Math.max(0, Math.min(30, columns - name - numbers)) }
}

function hostLine(
  host: WatchedHost,
  { name, bar }: { name: number; bar: number },
  isSelected: boolean,
  { columns, paint, nowSeconds, intervalSeconds }: WatchFrame,
): string {
  const title = cut(printable(host.host), name).padEnd(name)
  const marked = isSelected ? paint(title, 'cyan') : title
  const lead = isSelected ? `\u001b[7m${marked}\u001b[27m` : marked
  const trend = host.history.trend()
  if (host.state !== 'live' || trend === null) {
    const words = cut(printable(stateWord(host)), Math.max(0, columns - name - 1))
    const color = host.state === 'refused' || host.state === 'lost' ? 'magenta' : 'dim'
    return `${lead} ${paint(words, color)}`
  }
  const { sample, used, entriesPerSecond, dropsPerSecond, fullInSeconds } = trend
  const alarm = alarmOf(trend)
  const age = nowSeconds - (host.answeredAtSeconds ?? nowSeconds)
  const stale = age > 3 * intervalSeconds + 1 ? ` ${spanWord(age)} old` : ''
  const drops = dropsPerSecond === null || dropsPerSecond <= 0 ? '' : `${digits(dropsPerSecond)}/s`
  const fields = [
    paint(barOf(used, bar), colors[alarm]),
    paint(percentWord(used).padStart(5), colors[alarm]),
    digits(sample.count).padStart(11),
    (sample.max === 0 ? 'no limit' : digits(sample.max)).padStart(11),
    rateWord(entriesPerSecond).padStart(9),
    drops === '' ? ''.padStart(7) : paint(drops.padStart(7), 'red'),
    spanWord(fullInSeconds).padStart(7),
  ]
  return cutPainted(`${lead} ${fields.join(' ')}${paint(stale, 'yellow')}`, columns)
}

/** Eighths of a column, so that a small change shows. */
function barOf(share: number, width: number): string {
  if (width === 0) return ''
  const eighths = Math.round(Math.min(1, share) * width * 8)
  const full = Math.floor(eighths / 8)
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8))
  return `${'█'.repeat(full)}${part}`.padEnd(width, '·')
}

function detail(frame: WatchFrame): string[] {
  const { hosts, state, columns, paint, rows, nowSeconds } = frame
  const host = hosts.find((candidate) => candidate.host === state.selected)
  if (host === undefined) return [paint('that host is gone; Esc goes back', 'dim')]
  const trend = host.history.trend()
  const lines = [
    paint(cut(printable(host.host), columns), 'bold'),
    ...(host.state === 'live' ? [] : [paint(cut(printable(stateWord(host)), columns), 'magenta')]),
    ...(host.error === null ? [] : [cut(printable(host.error.hint), columns)]),
    '',
    ...(trend === null ? [] : facts(trend, host, nowSeconds)),
    '',
    ...graph(host.history.counts(), trend, columns, Math.max(3, Math.min(12, rows - 18)), paint),
  ]
  while (lines.length < rows - 1) lines.push('')
  return [
    ...lines.slice(0, rows - 1),
    paint(cut('Esc back  ↑ ↓ next host  r retry  q quit', columns), 'dim'),
  ].map((line) => cutPainted(line, columns))
}

function facts({ sample, ...trend }: TableTrend, host: WatchedHost, nowSeconds: number): string[] {
  const row = (name: string, value: string): string => `${name.padEnd(16)}${value}`
  const counter = (value: number | null): string =>
    value === null ? 'this kernel does not count them' : digits(value)
  return [
    row(
      'entries',
      `${digits(sample.count)} of ${sample.max === 0 ? 'no limit' : digits(sample.max)}   ${percentWord(trend.used)}`,
    ),
    row('growth', rateWord(trend.entriesPerSecond) || 'not known yet'),
    row('full in', spanWord(trend.fullInSeconds) || 'not at this growth'),
    row('drops', `${counter(sample.drop)} since boot   ${rateWord(trend.dropsPerSecond)}`),
    row('early drops', `${counter(sample.earlyDrop)} since boot   ${rateWord(trend.earlyDropsPerSecond)}`),
    row('insert failed', counter(sample.insertFailed)),
    row('long chains', counter(sample.chainlength)),
    row(
      'answered',
      `${spanWord(Math.max(1, nowSeconds - (host.answeredAtSeconds ?? nowSeconds)))} ago, within ${Math.round(host.roundTripMilliseconds ?? 0)} ms`,
    ),
  ]
}

/** The counts that are remembered, the newest at the right. */
function graph(
  counts: readonly number[],
  trend: TableTrend | null,
  columns: number,
  height: number,
  paint: Paint,
): string[] {
  const shown = counts.slice(-(columns - 2))
  if (shown.length < 2 || trend === null) return []
  const [low, high] = [Math.min(...shown), Math.max(...shown)]
  const spread = Math.max(high - low, 1)
  const lines: string[] = []
  for (let level = height - 1; level >= 0; level -= 1)
    lines.push(
      paint(
        shown
          .map((count) => {
            const eighths = Math.round(((count - low) / spread) * height * 8) - level * 8
            return eighths >= 8
              ? '█'
              : eighths <= 0
                ? level === 0
                  ? '▁'
                  : ' '
                : String.fromCodePoint(0x2580 + eighths)
          })
          .join(''),
        colors[alarmOf(trend)],
      ),
    )
  return [
    ...lines,
    paint(`${digits(low)} to ${digits(high)} entries over the last ${shown.length} looks`, 'dim'),
  ]
}

function help({ paint, rows, columns }: WatchFrame): string[] {
  const keys = [
    ['↑ ↓  j k', 'another host; PgUp, PgDn, g and G for larger steps'],
    ['Enter', 'the host in detail; Esc goes back'],
    ['s  S', 'sort by the next, the previous: used, growth, drops, full in, name'],
    ['o', 'turn the order round'],
    ['/', 'show hosts with these words in name, state or error only; Esc clears it'],
    ['r', 'try hosts again that refused us'],
    ['?', 'this page'],
    ['q', 'quit'],
  ] as const
  const lines = [
    paint('conntrackctl watch', 'bold'),
    '',
    ...keys.map(([key, does]) => `${key.padEnd(10)} ${does}`),
    '',
    'GROWTH is over the last two looks; FULL IN follows the line through all that are remembered (150).',
    'A host that is lost is tried again after 1, 2, 4, … 60 s; one that refused us is left alone.',
  ]
  while (lines.length < rows - 1) lines.push('')
  return [...lines.slice(0, rows - 1), paint('Esc back', 'dim')].map((line) => cutPainted(line, columns))
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`
}

/** Cuts what may hold colours, without counting them. */
function cutPainted(line: string, columns: number): string {
  let [width, end] = [0, 0]
  for (const match of line.matchAll(/\u001b\[\d+m|[^]/gu)) {
    const isColor = match[0].startsWith('\u001b')
    if (!isColor && width === columns) return `${line.slice(0, end)}\u001b[0m`
    if (!isColor) width += 1
    end = match.index + match[0].length
  }
  return line
}
