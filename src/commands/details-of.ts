import type { RunEvent } from '../fleet/run-event.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { detailLines } from '../report/detail-lines.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'

/** What -vv and -vvv print of a run that begins now. */
export function detailsOf(
  plays: readonly PlayJobs[],
  { verbose }: Pick<RunOptions, 'verbose'>,
  { now }: Pick<Context, 'now'>,
): (event: RunEvent) => readonly string[] {
  const began = now().getTime()
  const ways = new Map(
    verbose < 3
      ? []
      : plays.flatMap(({ jobs }) => jobs.map(({ label, target }) => [label.host, target] as const)),
  )
  return detailLines(
    verbose,
    () => (now().getTime() - began) / 1000,
    (host) => ways.get(host) ?? null,
  )
}
