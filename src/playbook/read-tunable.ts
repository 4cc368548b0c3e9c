import type { Tunable } from '../kernel/tunable.ts'
import { booleanOf } from './read-boolean.ts'
import { readWholeNumber } from './read-number.ts'
import { readTimeout } from './read-timeout.ts'
import { misread, read, type Reader, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'

/** The reader of a conntrack setting that is one number, giving what the kernel prints for it. */
export function tunableReader(tunable: Tunable): Reader<string> {
  return (value) => {
    const number = readerOf(tunable)(value, tunable)
    return number.ok ? read(String(number.value)) : number
  }
}

function readerOf({ unit }: Tunable): (value: unknown, tunable: Tunable) => Reading<number> {
  switch (unit) {
    case 'seconds':
      return readTimeout
    case 'switch':
      return readSwitch
    case 'entries':
    case 'buckets':
    case 'number':
    case 'bytes':
      return readWholeNumber
  }
}

function readSwitch(value: unknown): Reading<number> {
  const boolean = booleanOf(value)
  if (boolean !== undefined) return read(Number(boolean))
  if (value === 0 || value === '0') return read(0)
  if (value === 1 || value === '1') return read(1)
  return misread(`expected true or false, got ${showValue(value)}`, 'write true or false')
}
