import { printable } from '../printable.ts'
import { changeLines } from './change-lines.ts'
import type { EntryStyle } from './entry-style.ts'
import { factsLine } from './facts-line.ts'
import { findingLines } from './finding-lines.ts'
import { alike, isTrouble, type Outcome } from './outcomes.ts'
import { statusColors } from './paint.ts'
import { shortHosts } from './short-hosts.ts'
import { truthLines } from './truth-lines.ts'
import { type CheckedHost, usageLines, usedText } from './usage-lines.ts'
import { wrap } from './wrap.ts'

/** The lines of one entry: who, then what was changed, found and went wrong there. */
export function entryLines(outcome: Outcome, style: EntryStyle): string[] {
  const { paint, width, isVerbose } = style
  const facts = isVerbose ? factsLine(outcome).flatMap((text) => wrap(text, width, '  ')) : []
  return [
    ...heading(outcome, style),
    ...changeLines(outcome, style),
    ...findingLines(outcome, style),
    ...errorLines(outcome, style),
    ...truthLines(outcome.hosts, style),
    ...usageOfHosts(outcome).flatMap((text) => wrap(printable(text), width, '  ')),
    ...facts.map((line) => paint(line, 'dim')),
  ]
}

/** How full the tables are, where that was asked for. */
function usageOfHosts({ hosts }: Outcome): readonly string[] {
  const checked = hosts.flatMap((host): readonly CheckedHost[] =>
    host.usage === undefined ? [] : [{ ...host, usage: host.usage }],
  )
  return checked.length === 0 ? [] : [usedText(checked), ...usageLines(checked)]
}

/** `web[001-480],db[1-3]: changed (483 hosts)`: a line of names, three where there is trouble, or all if asked for. */
function heading({ status, play, hosts }: Outcome, style: EntryStyle): string[] {
  const { paint, width, isVerbose } = style
  const columns = Math.min(width, 100)
  const room = isVerbose ? Infinity : isTrouble(status) ? 3 * columns - 40 : columns - 25
  const names = printable(
    shortHosts(
      hosts.map(({ host }) => host),
      room,
    ),
  )
  const count = hosts.length > 1 ? ` (${hosts.length} hosts)` : ''
  const where = style.hasPlays ? `  ${printable(play)}` : ''
  const text = `${names}: ${status}${count}${where}`
  return breakNames(text, width).map((line) => paint(line, statusColors[status]))
}

/** Names have no blanks to break at, so they break after commas. */
function breakNames(text: string, width: number): string[] {
  const lines = ['']
  for (const piece of text.split(/(?<=,)/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + piece.length > width) lines.push(`  ${piece}`)
    else lines[lines.length - 1] = line + piece
  }
  return lines
}

/** `auth (login): no key was accepted`, then what to do. Of several wordings, one is given as an example. */
function errorLines({ hosts }: Outcome, { paint, width, isVerbose }: EntryStyle): string[] {
  const [first] = hosts
  const error = first?.error
  if (first === undefined || error === null || error === undefined) return []
  const isSame = hosts.every((host) => host.error?.message === error.message)
  const example = isSame ? '' : `e.g. ${printable(first.host)}: `
  // An internal error carries its stack.
  const message =
    isVerbose || error.kind !== 'internal' ? error.message : (error.message.split('\n')[0] ?? '')
  const text = `${error.kind} (${error.stage}): ${example}${printable(message)}`
  const hint = error.hint === '' ? [] : wrap(printable(error.hint), width, '      ')
  const others = new Set(hosts.map((host) => alike(host.error?.message ?? '', host.host))).size - 1
  const more =
    others > 0
      ? wrap(`and ${others} more ${others === 1 ? 'message' : 'messages'} like it`, width, '      ')
      : []
  return [
    ...wrap(text, width, '  ').map((line) => paint(line, 'red')),
    ...[...hint, ...more].map((line) => paint(line, 'dim')),
  ]
}
