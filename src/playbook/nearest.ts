/**
 * The known word that `word` is most likely a slip of, or undefined where none is within `mostSlips`:
 * without it, one slip in a short word and up to three in a long one.
 */
export function nearest(word: string, known: Iterable<string>, mostSlips?: number): string | undefined {
  const lower = word.toLowerCase()
  let best: string | undefined
  let bound = (mostSlips ?? Math.min(3, Math.floor(lower.length / 3) + 1)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - lower.length) >= bound) continue
    const slips = editDistance(lower, candidate.toLowerCase(), bound)
    if (slips < bound) {
      bound = slips
      best = candidate
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that make one word of the other; given up at `bound`. */
function editDistance(one: string, other: string, bound: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1]
      let slips = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + Number(!isSame),
      )
      if (one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        slips = Math.min(slips, (beforeLast[column - 2] ?? 0) + 1)
      current.push(slips)
    }
    // A swap may come two rows back.
    if (Math.min(...current) >= bound && Math.min(...last) >= bound) return bound
    beforeLast = last
    last = current
  }
  return last[other.length] ?? 0
}
