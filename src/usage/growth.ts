import { roughTime } from './rough-time.ts'

/** A count that was read. */
export interface CountPoint {
  /** Of the start of the host: a count begins anew with it. */
  readonly bootId: string
  readonly atSeconds: number
  readonly count: number
}

/** How a table grows, by what past runs saw of it since the host was started, and when it will be full if it goes on so. */
export interface Growth {
  /** Readings it is worked out from, with the present one. */
  readonly points: number
  readonly span_seconds: number
  /** The median of the slopes between all of them; null on too little. */
  readonly entries_per_hour: number | null
  /** ISO 8601; null where nothing can be said, and `why` tells why not. */
  readonly full_at: string | null
  readonly full_in_seconds: number | null
  readonly why: string
}

/** Fewer readings, or a shorter time, say nothing of a trend. */
const fewestPoints = 5
const shortestSpanSeconds = 1800

/** Readings that are compared pair by pair; of more, so many are taken evenly. */
const mostPoints = 40

/** Of the slopes, how many have to go up for growth and not for a wave. */
const steadyShare = 0.75

/** Further ahead than so many times the time looked back on, a straight line is a guess. */
const reach = 10

/**
 * The Theil-Sen slope (the median of the slopes of all pairs) of readings, the oldest first, the last one of now:
 * a single odd reading does not move it.
 */
export function growthOf(readings: readonly CountPoint[], max: number | null): Growth {
  const points = thinned(readings, mostPoints)
  const now = points.at(-1)
  const span = Math.round((now?.atSeconds ?? 0) - (points[0]?.atSeconds ?? 0))
  const base = { points: readings.length, span_seconds: span } as const
  const unknown = (why: string, slope: number | null = null): Growth => ({
    ...base,
    entries_per_hour: slope === null ? null : Math.round(slope * 3600),
    full_at: null,
    full_in_seconds: null,
    why,
  })
  if (now === undefined || points.length < fewestPoints || span < shortestSpanSeconds)
    return unknown(
      `too little to go by: ${readings.length} ${readings.length === 1 ? 'reading' : 'readings'} since the host was started, over ${roughTime(span)}; at least ${fewestPoints} over ${roughTime(shortestSpanSeconds)} are needed`,
    )
  const slopes = pairSlopes(points)
  const slope = median(slopes)
  if (max === null || max === 0) return unknown('there is no max to reach', slope)
  if (slope <= 0) return unknown('not growing', slope)
  const rising = slopes.filter((one) => one > 0).length / slopes.length
  if (rising < steadyShare) return unknown('up and down: no steady growth', slope)
  if (now.count >= max) return unknown('full now', slope)
  const seconds = Math.round((max - now.count) / slope)
  if (seconds > span * reach)
    return unknown(`at this pace not within ${reach} times the ${roughTime(span)} looked back on`, slope)
  return {
    ...base,
    entries_per_hour: Math.round(slope * 3600),
    full_in_seconds: seconds,
    full_at: new Date((now.atSeconds + seconds) * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    why: '',
  }
}

function pairSlopes(points: readonly CountPoint[]): readonly number[] {
  return points
    .flatMap((one, index) =>
      points.slice(index + 1).flatMap((other) => {
        const seconds = other.atSeconds - one.atSeconds
        return seconds <= 0 ? [] : [(other.count - one.count) / seconds]
      }),
    )
    .toSorted((one, other) => one - other)
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? 0
  const high = sorted[Math.floor(middle)] ?? low
  return (low + high) / 2
}

/** Evenly so many of them, the first and the last among these. */
function thinned(points: readonly CountPoint[], most: number): readonly CountPoint[] {
  if (points.length <= most) return points
  const step = (points.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  )
}
