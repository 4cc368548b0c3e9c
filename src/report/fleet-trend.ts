import { headroomByHost } from './headroom.ts'
import type { RunResult } from './host-result.ts'

/** How full the tables of a fleet were in one run. */
export interface FleetMoment {
  readonly run: string
  readonly command: RunResult['command']
  readonly playbook: string
  readonly started: string
  readonly totals: RunResult['totals']
  /** Shares of max in use as the run left them; null when no table was read. */
  readonly fullest: number | null
  readonly median: number | null
  /** Entries of all hosts that were read. */
  readonly entries: number
}

/** One moment a run, in the order of the runs. */
export function fleetTrend(runs: readonly RunResult[]): readonly FleetMoment[] {
  return runs.map((result) => {
    const tables = [...headroomByHost(result.hosts).values()]
    // What a dry run would leave is no reading: as it found them is what the kernel held.
    const used = tables
      .map(({ usedBefore, usedAfter }) => (isDry(result) ? usedBefore : usedAfter))
      .sort((one, other) => one - other)
    const { run, command, playbook, started, totals } = result
    return {
      run,
      command,
      playbook,
      started,
      totals,
      fullest: used.at(-1) ?? null,
      median: used[Math.floor((used.length - 1) / 2)] ?? null,
      entries: tables.reduce((sum, { count }) => sum + count, 0),
    }
  })
}

function isDry({ totals }: RunResult): boolean {
  return totals.pending > 0
}
