import { printable } from '../printable.ts'
import { changeRows, type ChangeRow } from './change-rows.ts'
import type { EntryStyle } from './entry-style.ts'
import { isTrouble, type Outcome } from './outcomes.ts'
import type { Color, Paint } from './paint.ts'
import { wrap } from './wrap.ts'

const widestWhat = 44
const widestHow = 36
const mostNames = 6

/** What an entry's hosts had to change: a line each, or, where there is trouble, how far they got. */
export function changeLines(outcome: Outcome, style: EntryStyle): string[] {
  const rows = changeRows(outcome)
  if (isTrouble(outcome.status) && !style.isVerbose) return progressLines(rows, style)
  const whatWidth = Math.min(Math.max(...rows.map(({ what }) => what.length)), widestWhat)
  const howWidth = Math.min(Math.max(...rows.map(({ how }) => how.length)), widestHow)
  return rows.flatMap((row) => {
    const head = `  ${row.what.padEnd(whatWidth)}  ${row.how.padEnd(howWidth)}`
    const state = isTrouble(outcome.status) ? row.state : ''
    const remarks = [state, row.share, row.reason].filter((remark) => remark !== '').join('; ')
    return [
      ...remarked(head, remarks, style),
      ...(style.hasDiffs && row.diff !== null ? diffBlock(row.diff, style.paint) : []),
    ]
  })
}

/** A row with its remarks beside it: whole when all is asked for, else as much as the line holds. */
function remarked(head: string, remarks: string, { paint, width, isVerbose }: EntryStyle): string[] {
  const room = width - head.length - 2
  if (remarks === '') return [head.trimEnd()]
  if (remarks.length <= room) return [`${head}  ${paint(remarks, 'dim')}`]
  if (isVerbose) return [head.trimEnd(), ...wrap(remarks, width, '      ').map((line) => paint(line, 'dim'))]
  const blank = remarks.lastIndexOf(' ', room - 2)
  return [
    room < 12 || blank < 1 ? head.trimEnd() : `${head}  ${paint(`${remarks.slice(0, blank)} …`, 'dim')}`,
  ]
}

/** `done, not verified: hashsize, nf_conntrack_max`, one line for each state. */
function progressLines(rows: readonly ChangeRow[], { width }: EntryStyle): string[] {
  const states = new Map<string, string[]>()
  for (const { state, what } of rows) states.set(state, [...(states.get(state) ?? []), what])
  return [...states].flatMap(([state, names]) => {
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : ''
    return wrap(`${state}: ${names.slice(0, mostNames).join(', ')}${more}`, width, '  ')
  })
}

function diffBlock({ lines, of }: NonNullable<ChangeRow['diff']>, paint: Paint): string[] {
  const colors: Readonly<Record<string, Color>> = { '@': 'cyan', '-': 'red', '+': 'green' }
  const shown = lines.flatMap(({ mark, text }) => {
    const color = colors[mark]
    const [line = '', ...noLineEnd] = text.split('\n')
    const safe = `${mark === '@' ? '' : mark}${printable(line)}`
    return [color === undefined ? safe : paint(safe, color), ...noLineEnd].map(
      (shownLine) => `    ${shownLine}`,
    )
  })
  return of === null ? shown : [`    the text differs between hosts; on ${of}:`, ...shown]
}
