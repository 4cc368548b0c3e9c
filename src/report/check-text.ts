import { printable } from '../printable.ts'
import { entryLines } from './entry.ts'
import type { EntryStyle } from './entry-style.ts'
import { findingLines } from './finding-lines.ts'
import type { HostResult, RunResult } from './host-result.ts'
import { groupOutcomes } from './outcomes.ts'
import { painter, type Color } from './paint.ts'
import { shortHosts } from './short-hosts.ts'
import type { TextStyle } from './text-style.ts'
import { type CheckedHost, usageLines, usedText } from './usage-lines.ts'
import { wrap } from './wrap.ts'

/** What a screen may hold of hosts that need somebody, one by one, before those that are alike share an entry. */
const mostSingle = 6

/** Lines of findings; the record has all. */
const mostFindingLines = 16

const levels = ['critical', 'warning', 'not_known', 'ok'] as const
const words = { critical: 'critical', warning: 'warning', not_known: 'no table', ok: 'ok' } as const
const colors: Readonly<Record<(typeof levels)[number], Color>> = {
  critical: 'red',
  warning: 'yellow',
  not_known: 'cyan',
  ok: 'green',
}

/** Already said by the level of a host. */
const saidAlready: ReadonlySet<string> = new Set(['table-nearly-full'])

/**
 * How full the tables of a fleet are: what is most urgent first, hosts that are alike in one entry, so that 5,000 of
 * them fit a screen; then what may yet go wrong, and the hosts that could not be read.
 */
export function renderCheck(result: RunResult, style: TextStyle): string {
  const entryStyle: EntryStyle = {
    paint: painter(style.color),
    width: style.width,
    isVerbose: style.verbosity > 0,
    hasDiffs: false,
    hasPlays: false,
  }
  const checked = result.hosts.flatMap((host): readonly CheckedHost[] =>
    host.usage === undefined ? [] : [{ ...host, usage: host.usage }],
  )
  const blocks = [
    ...levels.map((level) =>
      levelLines(
        level,
        checked.filter(({ usage }) => usage.level === level),
        entryStyle,
      ),
    ),
    riskLines(checked, entryStyle, result.run),
    ...unread(result.hosts, entryStyle),
    noteLines(result, entryStyle),
  ].filter((lines) => lines.length > 0)
  const recap = checkRecap(result, checked, entryStyle)
  return `${[...blocks.map((lines) => lines.join('\n')), recap].join('\n\n')}\n`
}

function levelLines(
  level: (typeof levels)[number],
  hosts: readonly CheckedHost[],
  style: EntryStyle,
): readonly string[] {
  const { paint, width, isVerbose } = style
  const isCalm = level === 'ok' || level === 'not_known'
  const groups = grouped(hosts, isVerbose || (!isCalm && hosts.length <= mostSingle))
  return groups.flatMap((group) => {
    const count = group.length === 1 ? '' : ` (${group.length} hosts)`
    const room = isVerbose ? Infinity : Math.min(width, 120) * (isCalm ? 1 : 2) - 40
    const names = printable(
      shortHosts(
        group.map(({ host }) => host),
        room,
      ),
    )
    const head = `${words[level].padEnd(8)}  ${names}${count}: ${usedText(group)}`
    const details = isCalm && !isVerbose ? [] : usageLines(group)
    return [
      ...wrap(head, width).map((line) => paint(line, colors[level])),
      ...details.flatMap((line) => wrap(printable(line), width, '            ')),
    ]
  })
}

/** Each by itself, or those in the same trouble together; the most urgent first. */
function grouped(hosts: readonly CheckedHost[], isSingle: boolean): readonly (readonly CheckedHost[])[] {
  const sorted = hosts.toSorted(byUrgency)
  if (isSingle) return sorted.map((host) => [host])
  const groups = new Map<string, CheckedHost[]>()
  for (const host of sorted) {
    const key = host.usage.reasons.join(' ')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [host])
    else group.push(host)
  }
  return [...groups.values()]
}

/** What will be full soonest, then what is fullest. */
function byUrgency({ usage: one }: CheckedHost, { usage: other }: CheckedHost): number {
  return (
    (one.growth.full_in_seconds ?? Infinity) - (other.growth.full_in_seconds ?? Infinity) ||
    (other.used_percent ?? -1) - (one.used_percent ?? -1)
  )
}

function riskLines(hosts: readonly CheckedHost[], style: EntryStyle, run: string): readonly string[] {
  const [first] = hosts
  if (first === undefined) return []
  const lines = findingLines(
    {
      status: 'ok',
      play: first.play,
      hosts: hosts.map((host) => ({
        ...host,
        findings: host.findings.filter(({ code }) => !saidAlready.has(code)),
      })),
    },
    style,
  )
  if (style.isVerbose || lines.length <= mostFindingLines) return lines
  return [...lines.slice(0, mostFindingLines), `  … all of them: conntrackctl runs ${run} -v`]
}

function unread(hosts: readonly HostResult[], style: EntryStyle): readonly (readonly string[])[] {
  const others = hosts.filter(({ usage }) => usage === undefined)
  const exact = groupOutcomes(others, 'exact', false)
  const outcomes = exact.length > mostSingle ? groupOutcomes(others, 'kinds', false) : exact
  return outcomes.map((outcome) => entryLines(outcome, style))
}

/** `critical=1 warning=2 ok=480 unreachable=1 failed=0  run 20261122T190000Z-3f9c  12.3 s` */
function checkRecap(
  { totals, run, started, finished }: RunResult,
  checked: readonly CheckedHost[],
  { paint, width }: EntryStyle,
): string {
  const perLevel = levels.map((level) => {
    const count = checked.filter(({ usage }) => usage.level === level).length
    const text = `${words[level].replace(' ', '_')}=${count}`
    return count === 0 ? text : paint(text, colors[level])
  })
  const rest = (['skipped', 'unknown'] as const).flatMap((status) =>
    totals[status] > 0 ? [`${status}=${totals[status]}`] : [],
  )
  const seconds = (Date.parse(finished) - Date.parse(started)) / 1000
  const head = [...perLevel, ...rest, `unreachable=${totals.unreachable}`, `failed=${totals.failed}`].join(
    ' ',
  )
  const tail = `run ${run}  ${seconds.toFixed(1)} s`
  // Without its colours it has to fit as well.
  return head.length + 2 + tail.length > width ? `${head}\n${tail}` : `${head}  ${tail}`
}

function noteLines({ notes = [] }: RunResult, { paint, width }: EntryStyle): readonly string[] {
  return notes.flatMap((note) => wrap(printable(note), width, 'note: ')).map((line) => paint(line, 'yellow'))
}
