import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { EarlierFacts } from '../plan/symptoms.ts'
import type { RunResult } from '../report/host-result.ts'
import type { CountPoint } from '../usage/growth.ts'
import { writeAtomically } from './atomic-write.ts'
import { listRuns } from './list-runs.ts'

/** Beside the result of a run, what later runs compare with: small, since many of them are read. */
const fileName = 'counts.json'

/** Runs to look back on, newest first. */
const mostRuns = 200

const whole = z.number().int().min(0)

const countsSchema = z.object({
  version: z.literal(1),
  at: z.string(),
  hosts: z.record(
    z.string(),
    z.object({
      boot: z.string(),
      count: whole.nullable(),
      lost: z.record(z.string(), whole),
    }),
  ),
})

/** Columns of /proc/net/stat that are compared from run to run. */
const compared = ['drop', 'early_drop', 'insert_failed', 'chainlength']

/** What past runs saw of hosts. */
export interface CountSeries {
  /** The newest run that read the host. */
  readonly latestOf: (host: string) => EarlierFacts | null
  /** Counts of the host, the oldest first. */
  readonly pointsOf: (host: string) => readonly CountPoint[]
}

/** No past. */
export const noSeries: CountSeries = { latestOf: () => null, pointsOf: () => [] }

/** Keeps what a run saw in its folder. Throws the system's error. */
export async function writeCounts(folder: string, { hosts, finished }: RunResult): Promise<void> {
  const counts: z.output<typeof countsSchema> = {
    version: 1,
    at: finished,
    hosts: Object.fromEntries(
      hosts.flatMap(({ host, facts }) => {
        if (facts?.boot_id === undefined || facts.statistics === undefined) return []
        const lost = Object.entries(facts.statistics).filter(([column]) => compared.includes(column))
        return [[host, { boot: facts.boot_id, count: facts.count, lost: Object.fromEntries(lost) }] as const]
      }),
    ),
  }
  await writeAtomically(join(folder, fileName), `${JSON.stringify(counts)}\n`, 0o600)
}

/** What the newest runs saw. Those whose file is missing or damaged are left out. */
export async function readSeries(stateFolder: string): Promise<CountSeries> {
  const latest = new Map<string, EarlierFacts>()
  const readings = new Map<string, CountPoint[]>()
  const { runs } = await listRuns(stateFolder, mostRuns)
  for (const { run, folder } of runs) {
    const counts = await readCounts(join(folder, fileName))
    const atSeconds = Date.parse(counts?.at ?? '') / 1000
    for (const [host, { boot, count, lost }] of Object.entries(counts?.hosts ?? {})) {
      if (!latest.has(host)) latest.set(host, { run, bootId: boot, statistics: lost })
      if (count === null || Number.isNaN(atSeconds)) continue
      const known = readings.get(host)
      const reading = { bootId: boot, atSeconds, count }
      if (known === undefined) readings.set(host, [reading])
      else known.push(reading)
    }
  }
  return {
    latestOf: (host) => latest.get(host) ?? null,
    pointsOf: (host) => (readings.get(host) ?? []).toReversed(),
  }
}

async function readCounts(path: string): Promise<z.output<typeof countsSchema> | null> {
  try {
    return countsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}
