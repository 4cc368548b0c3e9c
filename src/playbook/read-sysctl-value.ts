import { explainNumber } from './read-number.ts'
import { misread, read, refused, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'
import { textFault } from './text-fault.ts'

/** Characters; the longest real ones, lists of reserved ports, have some hundred. */
const longestValue = 1024

/** The text for a kernel setting of which we know nothing: plain decimals, blanks squeezed, 1 and 0 for booleans. */
export function readSysctlValue(value: unknown): Reading<string> {
  if (typeof value === 'boolean') return read(value ? '1' : '0')
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
  const text = isNumber ? String(value) : value
  if (typeof text !== 'string')
    return misread(
      `expected a number, a text or a boolean, got ${showValue(value)}`,
      'write the value as the kernel prints it',
    )
  const fault = textFault(text)
  if (fault !== undefined) return refused(fault)
  const squeezed = text.trim().replaceAll(/[ \t]+/g, ' ')
  if (squeezed === '') return misread('expected a value, got an empty text', 'write one, or remove the line')
  if (squeezed.length > longestValue)
    return misread(`the value has ${squeezed.length} characters`, `write at most ${longestValue}`)
  if (/[^\x20-\x7e]/.test(squeezed))
    return misread(
      `${showValue(text)} holds characters outside ASCII`,
      'write the value as the kernel prints it',
    )
  // The kernel would take these as other numbers, or print them back in another way.
  const odd = squeezed
    .split(' ')
    .find((word) =>
      /^(?:[+-]?0\d+|[+]\d+|0x[\da-f]+|0[ob]\d+|\d+(?:_\d+)+|\d+(?:\.\d+)?e[+-]?\d+)$/i.test(word),
    )
  return odd === undefined ? read(squeezed) : refused(explainNumber(odd, 'plain decimals'))
}
