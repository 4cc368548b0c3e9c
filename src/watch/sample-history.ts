import type { TableSample } from '../host/table-sample.ts'

/** Samples kept a host: five minutes at the usual interval. */
const mostSamples = 150
/** Fewer say nothing of a trend. */
const fewestForForecast = 5

/** What the last samples of a host say; null where they do not. */
export interface TableTrend {
  readonly sample: TableSample
  /** Share of max in use; 0 where there is no limit. */
  readonly used: number
  /** Entries a second, over the last two samples. */
  readonly entriesPerSecond: number | null
  readonly dropsPerSecond: number | null
  readonly earlyDropsPerSecond: number | null
  /** Until the table is full, at the growth of all that is remembered. */
  readonly fullInSeconds: number | null
}

/** The latest samples of one host, in bounded memory. */
export class SampleHistory {
  readonly #samples: { readonly atSeconds: number; readonly sample: TableSample }[] = []

  /** Adds a sample taken at `atSeconds` of a clock that never goes back. */
  add(sample: TableSample, atSeconds: number): void {
    const last = this.#samples.at(-1)
    // A host that has started again, or lost its table, begins anew.
    if (last !== undefined && isYounger(sample, last.sample)) this.#samples.length = 0
    this.#samples.push({ atSeconds, sample })
    if (this.#samples.length > mostSamples) this.#samples.shift()
  }

  /** Entries, the oldest first. */
  counts(): readonly number[] {
    return this.#samples.map(({ sample }) => sample.count)
  }

  trend(): TableTrend | null {
    const now = this.#samples.at(-1)
    if (now === undefined) return null
    const before = this.#samples.at(-2)
    const rate = (of: (sample: TableSample) => number | null): number | null => {
      const [from, to] = [before === undefined ? null : of(before.sample), of(now.sample)]
      if (before === undefined || from === null || to === null) return null
      return (to - from) / Math.max(now.atSeconds - before.atSeconds, 0.001)
    }
    const { sample } = now
    return {
      sample,
      used: sample.max === 0 ? 0 : sample.count / sample.max,
      entriesPerSecond: rate(({ count }) => count),
      dropsPerSecond: rate(({ drop }) => drop),
      earlyDropsPerSecond: rate(({ earlyDrop }) => earlyDrop),
      fullInSeconds: this.#fullIn(),
    }
  }

  /** By the line that fits the samples best; none where the table does not grow by more than its own noise. */
  #fullIn(): number | null {
    const now = this.#samples.at(-1)?.sample
    if (now === undefined || now.max === 0 || this.#samples.length < fewestForForecast) return null
    if (now.count >= now.max) return 0
    const times = this.#samples.map(({ atSeconds }) => atSeconds)
    const counts = this.counts()
    const mean = (numbers: readonly number[]): number =>
      numbers.reduce((sum, number) => sum + number, 0) / numbers.length
    const [middle, level] = [mean(times), mean(counts)]
    let [together, spread] = [0, 0]
    for (const [index, time] of times.entries()) {
      together += (time - middle) * ((counts[index] ?? 0) - level)
      spread += (time - middle) ** 2
    }
    const slope = spread === 0 ? 0 : together / spread
    const noise = Math.sqrt(
      mean(counts.map((count, index) => (count - level - slope * ((times[index] ?? 0) - middle)) ** 2)),
    )
    const growth = slope * ((times.at(-1) ?? 0) - (times[0] ?? 0))
    return growth > 2 * noise && growth > 1 ? (now.max - now.count) / slope : null
  }
}

function isYounger(sample: TableSample, before: TableSample): boolean {
  const fell = (one: number | null, other: number | null): boolean =>
    one !== null && other !== null && one < other
  return fell(sample.drop, before.drop) || fell(sample.earlyDrop, before.earlyDrop)
}
