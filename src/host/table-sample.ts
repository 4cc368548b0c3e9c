/** One look at a host's table. */
export interface TableSample {
  /** Entries. */
  readonly count: number
  /** Entries; 0 is no limit. */
  readonly max: number
  /** Since boot, over all CPUs; null where the kernel has no such column. */
  readonly drop: number | null
  readonly earlyDrop: number | null
  readonly insertFailed: number | null
  readonly chainlength: number | null
}

/**
 * Reads the answer of `tick` in watch.sh. Null: the host has no table. Undefined: the answer makes no sense, as when
 * the count may not be read.
 */
export function parseTableSample(answer: string): TableSample | null | undefined {
  const line = answer.split('\n').find((text) => text !== '')
  if (line === 'none') return null
  const words = line?.split(' ') ?? []
  if (words.length !== 6) return undefined
  const [count, max, drop, earlyDrop, insertFailed, chainlength] = words.map(wholeOrNull)
  if (count === undefined || count === null || max === undefined || max === null) return undefined
  return {
    count,
    max,
    drop: drop ?? null,
    earlyDrop: earlyDrop ?? null,
    insertFailed: insertFailed ?? null,
    chainlength: chainlength ?? null,
  }
}

/** A counter that wrapped around is not known. */
function wholeOrNull(word: string): number | null {
  return /^\d{1,15}$/.test(word) ? Number(word) : null
}
