import type { ListedRun } from '../record/list-runs.ts'
import { printable } from '../printable.ts'
import { statuses } from './host-result.ts'

/** Past runs as lines of text, the newest first: id, command, how it ended, playbook. */
export function renderRunList({ runs, older }: { runs: readonly ListedRun[]; older: number }): string {
  const rows = runs.map(({ run, known }) => [
    run,
    known?.command ?? '',
    ending(known),
    printable(known?.playbook ?? ''),
  ])
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const more = older > 0 ? [`… and ${older} older ${older === 1 ? 'run' : 'runs'}: -v shows all`] : []
  return [...lines, ...more].map((line) => `${line}\n`).join('')
}

/** Past runs for programs. */
export function runListData(runs: readonly ListedRun[]): object[] {
  return runs.map(({ run, folder, known }) => ({
    run,
    folder,
    command: known?.command ?? null,
    playbook: known?.playbook ?? null,
    started: known?.started ?? null,
    finished: known?.finished ?? null,
    totals: known?.totals ?? null,
  }))
}

function ending(known: ListedRun['known']): string {
  if (known === null) return 'no readable record'
  const { totals } = known
  if (totals === undefined) return 'did not come to its end'
  const counts = statuses
    .filter((status) => totals[status] > 0)
    .map((status) => `${status}=${totals[status]}`)
  return counts.length === 0 ? 'no hosts' : counts.join(' ')
}
