/** Longer names than this are not compared: an edit distance costs the product of the lengths. */
const maxLength = 60

/** The names of `known` that `name` may be a slip of, nearest first, at most three. */
function nearNames(name: string, known: Iterable<string>): readonly string[] {
  const allowed = Math.max(1, Math.floor(name.length / 3))
  const near: { candidate: string; distance: number }[] = []
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > allowed || candidate.length > maxLength) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), allowed)
    if (distance <= allowed) near.push({ candidate, distance })
  }
  return near
    .sort((left, right) => left.distance - right.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** ` (did you mean web01 or web02?)`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearNames(name, known)
  return near.length === 0 ? '' : ` (did you mean ${near.join(' or ')}?)`
}

/**
 * Insertions, removals, replacements and swapped neighbours from one to the other; anything above
 * `limit` once that is exceeded.
 */
function editDistance(from: string, to: string, limit: number): number {
  let before: readonly number[] = []
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_cell, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : replaced
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    if (Math.min(...next) > limit && Math.min(...row) > limit) return limit + 1
    before = row
    row = next
  }
  return row.at(-1) ?? 0
}
