import type { Problem } from '../problem.ts'

/** The problems of one file from top to bottom; those of the whole file first. */
export function inFileOrder(problems: Iterable<Problem>): readonly Problem[] {
  return [...problems].sort(
    (one, other) => (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
  )
}
