import { formatDuration, guessDuration, parseDuration } from './duration.ts'
import { checkRange, explainNumber, type NumberRange } from './read-number.ts'
import { misread, refused, type Reading } from './reading.ts'
import { showText, showValue } from '../show-value.ts'
import { textFault } from './text-fault.ts'

/** Seconds within `range`, from a number of seconds or from `90s`, `5m`, `1h30m`, `5d`. */
export function readTimeout(value: unknown, range: NumberRange): Reading<number> {
  const seconds = typeof value === 'string' ? secondsOf(value) : value
  if (typeof seconds === 'number' && Number.isInteger(seconds))
    return checkRange(seconds, range, typeof value === 'string' ? showText(value) : undefined)
  if (typeof value === 'number')
    return misread(`expected whole seconds, got ${value}`, 'the kernel counts in whole seconds: round it')
  if (typeof value !== 'string') return refused(explainNumber(value, 'seconds or a duration'))
  const guess = textFault(value) === undefined ? guessDuration(value) : undefined
  if (guess !== undefined)
    return misread(
      `${showValue(value)} is not written as a duration is here`,
      `write ${formatDuration(guess)}`,
    )
  const { what, remedy } = explainNumber(value, 'seconds or a duration')
  return misread(what, remedy.includes('in digits only') ? 'write seconds, or 90s, 5m, 1h30m, 5d' : remedy)
}

function secondsOf(text: string): number | undefined {
  return /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : parseDuration(text)
}
