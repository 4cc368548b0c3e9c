import type { Tunable } from '../kernel/tunable.ts'
import { readWholeNumber } from './read-number.ts'
import { misread, read, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'
import type { WishedHashsize } from './wish.ts'

/** A number of buckets, or `max / N`. */
export function readHashsize(value: unknown, buckets: Tunable): Reading<WishedHashsize> {
  if (typeof value === 'string' && /max/i.test(value)) return readShare(value)
  const number = readWholeNumber(value, buckets)
  return number.ok ? read({ kind: 'buckets', buckets: number.value }) : number
}

function readShare(text: string): Reading<WishedHashsize> {
  const match = /^max *\/ *([1-9]\d{0,5})$/.exec(text)
  if (match !== null) return read({ kind: 'max_divided_by', divisor: Number(match[1]) })
  const remedy = /^\s*max\s*$/i.test(text)
    ? 'write max / 1 for as many buckets as entries'
    : 'write max / 4, with a whole number from 1'
  return misread(`expected a number of buckets or max / N, got ${showValue(text)}`, remedy)
}
