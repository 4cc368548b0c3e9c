/** Longer words are nobody's slip, and comparing costs the product of the lengths. */
const longestCompared = 60

/**
 * The known word that `word` is most likely a slip of, or undefined where none is within `mostSlips`:
 * without it, one slip in a short word and up to three in a long one.
 */
export function nearest(word: string, known: Iterable<string>, mostSlips?: number): string | undefined {
  return within(word, known, mostSlips ?? Math.min(3, Math.floor(word.length / 3) + 1))[0]
}

/** ` (did you mean web01 or web02?)`, or nothing: of names that people make up, several may be as near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = within(name, known, Math.max(1, Math.floor(name.length / 3))).slice(0, 3)
  return near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`
}

/** The known words at most so many slips away, nearest first, equally near ones in their order. */
function within(word: string, known: Iterable<string>, mostSlips: number): readonly string[] {
  const lower = word.toLowerCase()
  const near: { candidate: string; slips: number }[] = []
  for (const candidate of known) {
    if (candidate.length > longestCompared || Math.abs(candidate.length - lower.length) > mostSlips) continue
    const slips = editDistance(lower, candidate.toLowerCase(), mostSlips + 1)
    if (slips <= mostSlips) near.push({ candidate, slips })
  }
  return near.sort((one, other) => one.slips - other.slips).map(({ candidate }) => candidate)
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
