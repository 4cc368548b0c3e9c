import { printable } from '../printable.ts'
import type { EntryStyle } from './entry-style.ts'
import { entryLines } from './entry.ts'
import type { HostResult, RunResult, Status } from './host-result.ts'
import { calmFirst, groupOutcomes, type Likeness, type Outcome } from './outcomes.ts'
import { painter, type Paint } from './paint.ts'
import { recapLine } from './recap-line.ts'
import { shortHosts } from './short-hosts.ts'
import type { TextStyle } from './text-style.ts'
import { truthLines } from './truth-lines.ts'
import { wrap } from './wrap.ts'

/** What one status may take of the screen before its entries are folded further. */
const mostEntries = 8
const mostLines = 60

/**
 * A result for people: hosts that ended alike in one entry, what needs no eye first and failures last, where the
 * screen ends, then Ansible's recap. Text from hosts cannot do anything to the terminal.
 */
export function renderText(result: RunResult, style: TextStyle): string {
  const { hosts, notes = [] } = result
  const paint = painter(style.color)
  const entryStyle: EntryStyle = {
    paint,
    width: style.width,
    isVerbose: style.verbosity > 0,
    hasDiffs: style.diff,
    hasPlays: new Set(hosts.map(({ play }) => play)).size > 1,
  }
  const blocks = calmFirst.flatMap((status) =>
    sections(
      status,
      hosts.filter((host) => host.status === status),
      entryStyle,
      result,
    ),
  )
  const notesBlock = notes
    .flatMap((note) => wrap(printable(note), style.width, 'note: '))
    .map((line) => paint(line, 'yellow'))
  const ends = [...notesBlock, ...untouched(result, paint), recapLine(result, paint, style.width)]
  return `${[...joined(blocks), ends.join('\n')].join('\n\n')}\n`
}

/** The entries of one status, as blocks of lines. */
function sections(
  status: Status,
  hosts: readonly HostResult[],
  style: EntryStyle,
  { run }: RunResult,
): string[][] {
  if (hosts.length === 0) return []
  if (status === 'ok' && !style.isVerbose) return okSection(hosts, style)
  const entries = bestFold(hosts, style)
  const shown = style.isVerbose ? entries : entries.slice(0, 2 * mostEntries)
  const hidden = entries.slice(shown.length).reduce((sum, { outcome }) => sum + outcome.hosts.length, 0)
  const more =
    hidden === 0
      ? []
      : [[`… and ${hidden} more ${hidden === 1 ? 'host' : 'hosts'} ${status}: conntrackctl runs ${run} -v`]]
  return [...shown.map(({ lines }) => lines), ...more]
}

interface Entry {
  readonly outcome: Outcome
  readonly lines: string[]
}

/** The finest folding that still fits; the coarsest if none does. */
function bestFold(hosts: readonly HostResult[], style: EntryStyle): Entry[] {
  const likenesses: readonly Likeness[] = style.isVerbose ? ['exact'] : ['exact', 'keys', 'kinds']
  let entries: Entry[] = []
  for (const likeness of likenesses) {
    const outcomes = groupOutcomes(hosts, likeness, style.hasDiffs)
    const isCoarsest = likeness === likenesses.at(-1)
    if (outcomes.length > mostEntries && !isCoarsest) continue
    entries = outcomes.map((outcome) => ({ outcome, lines: entryLines(outcome, style) }))
    if (entries.reduce((sum, { lines }) => sum + lines.length, 0) <= mostLines) return entries
  }
  return entries
}

/** Hosts as wished take one line; those with warnings are told of as well, below it. */
function okSection(hosts: readonly HostResult[], style: EntryStyle): string[][] {
  const isQuiet = ({ findings }: HostResult) => findings.every(({ severity }) => severity === 'info')
  const loud = hosts.filter((host) => !isQuiet(host))
  const quiet = hosts.filter(isQuiet)
  const line = quiet.length === 0 ? [] : [[okLine(quiet, style), ...truthLines(quiet, style)]]
  return [...line, ...bestFold(loud, style).map(({ lines }) => lines)]
}

function okLine(hosts: readonly HostResult[], { paint, width }: EntryStyle): string {
  const names = [...new Set(hosts.map(({ host }) => host))]
  const tail = names.length > 1 ? `: ok (${names.length} hosts)` : ': ok'
  return paint(`${printable(shortHosts(names, Math.min(width, 120) - tail.length))}${tail}`, 'green')
}

/** Entries of one line stand together, longer ones apart. */
function joined(blocks: readonly string[][]): string[] {
  const groups: string[] = []
  let wasShort = false
  for (const block of blocks) {
    const isShort = block.length === 1
    if (isShort && wasShort) groups[groups.length - 1] += `\n${block.join('\n')}`
    else groups.push(block.join('\n'))
    wasShort = isShort
  }
  return groups
}

/** Says in words what a reader of a dry run must not have to guess. */
function untouched({ command, totals }: RunResult, paint: Paint): string[] {
  if (command === 'apply' || totals.pending === 0) return []
  const hosts = totals.pending === 1 ? '1 host' : `${totals.pending} hosts`
  const verb =
    command === 'plan'
      ? `would be changed`
      : command === 'rollback'
        ? 'would be put back'
        : totals.pending === 1
          ? 'differs from the playbook'
          : 'differ from the playbook'
  return [paint(`${hosts} ${verb}; nothing was changed.`, 'bold')]
}
