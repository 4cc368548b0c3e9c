import type { Tunable } from '../kernel/tunable.ts'
import { readWholeNumber } from './read-number.ts'
import { misread, type Reading } from './reading.ts'

/** A number of entries. */
export function readMax(value: unknown, max: Tunable): Reading<number> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return misread('a policy for max is not supported yet', 'write the number of entries')
  return readWholeNumber(value, max)
}
