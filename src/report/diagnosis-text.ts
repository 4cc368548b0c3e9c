import type { Diagnosis } from '../diagnose/diagnosis.ts'
import { printable } from '../printable.ts'
import { roughTime } from '../usage/rough-time.ts'
import { entryLines } from './entry.ts'
import type { EntryStyle } from './entry-style.ts'
import type { HostResult, RunResult } from './host-result.ts'
import { groupOutcomes } from './outcomes.ts'
import { painter } from './paint.ts'
import { recapLine } from './recap-line.ts'
import type { TextStyle } from './text-style.ts'
import { wrap } from './wrap.ts'

/** Hosts that are told one by one before only their names and verdicts are. */
const mostInFull = 5

/** What fills the tables of hosts, what would cure them, and what that would save. */
export function renderDiagnosis(result: RunResult, style: TextStyle): string {
  const entryStyle: EntryStyle = {
    paint: painter(style.color),
    width: style.width,
    isVerbose: style.verbosity > 0,
    hasDiffs: false,
    hasPlays: false,
  }
  const told = result.hosts.flatMap((host) =>
    host.diagnosis === undefined ? [] : [{ host, diagnosis: host.diagnosis }],
  )
  // The fullest first, by what was counted.
  const sorted = told.toSorted((one, other) => other.diagnosis.count - one.diagnosis.count)
  const inFull = entryStyle.isVerbose ? sorted.length : mostInFull
  const blocks = [
    ...sorted.slice(0, inFull).map(({ host, diagnosis }) => hostLines(host, diagnosis, entryStyle)),
    sorted.slice(inFull).map(({ host, diagnosis }) => shortLine(host, diagnosis)),
    ...groupOutcomes(
      result.hosts.filter(({ diagnosis }) => diagnosis === undefined),
      'exact',
      false,
    ).map((outcome) => entryLines(outcome, { ...entryStyle, isVerbose: true })),
  ].filter((lines) => lines.length > 0)
  const recap = recapLine(result, entryStyle.paint, style.width)
  return `${[...blocks.map((lines) => lines.join('\n')), recap].join('\n\n')}\n`
}

function shortLine({ host }: HostResult, { count, verdicts }: Diagnosis): string {
  const codes = verdicts.map(({ code, share_percent: percent }) => `${code} ${percent} %`).join(', ')
  return `${printable(host)}: ${count} entries: ${codes}`
}

function hostLines(
  { host, facts }: HostResult,
  diagnosis: Diagnosis,
  { paint, width }: EntryStyle,
): readonly string[] {
  const {
    count,
    looked_at: looked,
    is_sample: isSample,
    is_busy: isBusy,
    verdicts,
    cures,
    capacity,
  } = diagnosis
  const of = facts?.max === null || facts?.max === undefined ? '' : ` of ${facts.max}`
  const basis = isSample
    ? `, by a sample of ${looked}${isBusy ? ', smaller since the host is busy' : ''}`
    : ''
  const line = (name: string, text: string): readonly string[] =>
    wrap(printable(text), width, `  ${name.padEnd(13)} `)
  const tops = (name: string, list: Diagnosis['top']['ports']): readonly string[] =>
    line(name, list.map(({ name: of_, entries }) => `${of_} ${entries}`).join(', ') || 'none')
  return [
    paint(`${printable(host)}: ${count}${of} entries${basis}`, 'bold'),
    ...verdicts.flatMap(({ code, share_percent: percent, message, advice }) => [
      ...wrap(printable(`${code}, ${percent} %: ${message}`), width, '  ').map((text) =>
        paint(text, 'yellow'),
      ),
      ...wrap(printable(advice), width, '      ').map((text) => paint(text, 'dim')),
    ]),
    ...line(
      'states',
      diagnosis.states
        .slice(0, 8)
        .map(({ protocol, state, entries }) => `${[protocol, state].filter(Boolean).join(' ')} ${entries}`)
        .join(', '),
    ),
    ...tops('ports', diagnosis.top.ports),
    ...tops('sources', diagnosis.top.sources),
    ...tops('from networks', diagnosis.top.source_networks),
    ...tops('destinations', diagnosis.top.destinations),
    ...cures.flatMap(
      ({
        timeout,
        from_seconds: from,
        to_seconds: to,
        saves_entries: saves,
        arithmetic,
        natural_drain_seconds: drain,
      }) =>
        line(
          'cure',
          `${timeout} ${from} -> ${to} s saves ${saves} entries (${arithmetic}); those there are would be gone in ${roughTime(drain)}`,
        ),
    ),
    ...(capacity === null ? [] : line(capacity.hosts > 1 ? 'no setting' : 'room', capacity.arithmetic)),
  ]
}
