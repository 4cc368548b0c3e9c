import { printable } from '../printable.ts'
import type { Transitions } from '../schedule/transitions.ts'
import type { EntryStyle } from './entry-style.ts'
import { entryLines } from './entry.ts'
import type { HostResult, RunResult } from './host-result.ts'
import { groupOutcomes } from './outcomes.ts'
import { painter } from './paint.ts'
import { shortHosts } from './short-hosts.ts'

/** Columns: what mail programs show without a bar to scroll. */
const width = 100

/** Entries of a kind; the record has all of them. */
const mostEntries = 20

/**
 * The mail of a scheduled run: what began, what is over and what was changed since the last one, hosts
 * that are alike in one entry. Text from hosts cannot do anything to a terminal.
 */
export function renderTransitions(result: RunResult, transitions: Transitions): string {
  const { changed, failed, recovered, still } = transitions
  const counts = [
    ...(failed.length === 0 ? [] : [`${failed.length} in trouble`]),
    ...(recovered.length === 0 ? [] : [`${recovered.length} recovered`]),
    ...(changed.length === 0 ? [] : [`${changed.length} changed`]),
    ...(still.length === 0 ? [] : [`${still.length} still in trouble`]),
  ]
  const name = ['conntrackctl', result.command, printable(result.playbook)]
    .filter((word) => word !== '')
    .join(' ')
  const title = `${name}: ${counts.join(', ')} of ${result.hosts.length} hosts`
  const over = recovered.map(
    ({ result: { host }, was }) => `${printable(host)}: recovered (${was.word} since ${was.since})`,
  )
  return [
    title,
    ...entries(changed),
    ...(over.length === 0 ? [] : [shortened(over).join('\n')]),
    ...entries(failed),
    ...(still.length === 0
      ? []
      : [
          `still in trouble, as told before: ${printable(
            shortHosts(
              still.map(({ host }) => host),
              width,
            ),
          )}`,
        ]),
    ...(result.notes ?? []).map((note) => `note: ${printable(note)}`),
    `all of it: conntrackctl runs ${result.run}`,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

function entries(hosts: readonly HostResult[]): string[] {
  const style: EntryStyle = {
    paint: painter(false),
    width,
    isVerbose: false,
    hasDiffs: false,
    hasPlays: new Set(hosts.map(({ play }) => play)).size > 1,
  }
  const outcomes = groupOutcomes(hosts, 'exact', false)
  const folded = outcomes.length > mostEntries ? groupOutcomes(hosts, 'kinds', false) : outcomes
  return folded.map((outcome) => entryLines(outcome, style).join('\n'))
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= mostEntries) return lines
  return [...lines.slice(0, mostEntries), `… and ${lines.length - mostEntries} more recovered`]
}
