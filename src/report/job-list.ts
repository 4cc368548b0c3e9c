import { printable } from '../printable.ts'
import type { ListedJob } from '../schedule/job-store.ts'

/** The jobs of a machine as a table; a sentence where there are none. */
export function renderJobList(jobs: readonly ListedJob[]): string {
  if (jobs.length === 0) return 'no job of conntrackctl is scheduled here\n'
  const rows = [
    ['NAME', 'WHEN', 'RUNS', 'IN'],
    ...jobs.map(({ name, when, title, place }) => [name, when, title, place].map(printable)),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
