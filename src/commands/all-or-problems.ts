import { InputError, type Problem } from '../problem.ts'

/**
 * The values of all. Throws one InputError with the problems of all that failed, so that nobody mends them one by one;
 * any other error is thrown as it is.
 */
export async function allOrProblems<Values extends readonly unknown[]>(work: {
  readonly [Index in keyof Values]: Promise<Values[Index]>
}): Promise<Values> {
  const problems: Problem[] = []
  const values: unknown[] = []
  for (const result of await Promise.allSettled(work))
    if (result.status === 'fulfilled') values.push(result.value)
    else if (result.reason instanceof InputError) problems.push(...result.reason.problems)
    else throw result.reason
  if (problems.length > 0) throw new InputError(problems)
  return values as unknown as Values
}
