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
 * that are alike in one entry. Text from hosts cannot do anything to a terminal. `trouble` is why the run before could
 * not even begin, or null.
 */
export function renderTransitions(
  result: RunResult,
  transitions: Transitions,
  trouble: string | null,
  shown: { readonly diff?: boolean; readonly verbose: number },
): string {
  const { changed, failed, recovered, still } = transitions
  const style: EntryStyle = {
    paint: painter(false),
    width,
    isVerbose: shown.verbose > 0,
    hasDiffs: shown.diff === true,
    hasPlays: new Set(result.hosts.map(({ play }) => play)).size > 1,
  }
  const counts = [
    ...(failed.length === 0 ? [] : [`${failed.length} in trouble`]),
    ...(recovered.length === 0 ? [] : [`${recovered.length} recovered`]),
    ...(changed.length === 0 ? [] : [`${changed.length} changed`]),
    ...(still.length === 0 ? [] : [`${still.length} still in trouble`]),
  ]
  const name = ['conntrackctl', result.command, printable(result.playbook)]
    .filter((word) => word !== '')
    .join(' ')
  const sums = counts.length === 0 ? 'nothing to tell' : counts.join(', ')
  const title = `${name}: ${sums} of ${result.hosts.length} hosts`
  const over = recovered.map(
    ({ result: { host }, was }) => `${printable(host)}: recovered (${was.word} since ${was.since})`,
  )
  return [
    title,
    ...(trouble === null
      ? []
      : [`it can run again; until now: ${printable(trouble.split('\n', 1)[0] ?? '')}`]),
    ...entries(changed, style),
    ...(over.length === 0 ? [] : [shortened(over).join('\n')]),
    ...entries(failed, style),
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

function entries(hosts: readonly HostResult[], style: EntryStyle): string[] {
  const outcomes = groupOutcomes(hosts, 'exact', false)
  const folded = outcomes.length > mostEntries ? groupOutcomes(hosts, 'kinds', false) : outcomes
  return folded.map((outcome) => entryLines(outcome, style).join('\n'))
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= mostEntries) return lines
  return [...lines.slice(0, mostEntries), `… and ${lines.length - mostEntries} more recovered`]
}
