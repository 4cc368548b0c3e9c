import { InputError } from '../../../src/problem.ts'

/** The InputError that `work` throws; fails when it throws none, or something else. */
export function caught(work: () => unknown): InputError {
  try {
    work()
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('no InputError was thrown')
}
