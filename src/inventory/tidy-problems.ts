import type { Problem } from '../problem.ts'

/** Nobody mends more than this before looking again. */
const maxShown = 200

/** Problems as they are to be shown: those of one file together and by line, and not without end. */
export function tidyProblems(problems: readonly Problem[]): readonly Problem[] {
  const byFile = new Map<string, Problem[]>()
  for (const problem of problems) {
    const known = byFile.get(problem.file)
    if (known === undefined) byFile.set(problem.file, [problem])
    else known.push(problem)
  }
  const sorted = [...byFile.values()].flatMap((those) => those.sort(byPlace))
  const [last] = sorted.slice(maxShown)
  const more = sorted.length - maxShown
  const rest =
    last === undefined
      ? []
      : [{ file: last.file, what: `${more} more problems`, remedy: 'mend the others first' }]
  return [...sorted.slice(0, maxShown), ...rest]
}

function byPlace(left: Problem, right: Problem): number {
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0)
}
