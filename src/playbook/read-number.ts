import type { Tunable } from '../kernel/tunable.ts'
import { misread, read, refused, type Mistake, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'
import { textFault } from './text-fault.ts'

export type NumberRange = Pick<Tunable, 'minimum' | 'maximum' | 'whyMinimum' | 'whyMaximum' | 'unit'>

/** A whole number within `range`: a number, or plain digits in quotes. */
export function readWholeNumber(value: unknown, range: NumberRange): Reading<number> {
  const number = typeof value === 'string' && /^(?:0|[1-9]\d*)$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number))
    return refused(explainNumber(value, wantedNumber(range)))
  return checkRange(number, range)
}

/** `shown` is the number as the user wrote it. */
export function checkRange(number: number, range: NumberRange, shown = String(number)): Reading<number> {
  const { minimum, maximum, whyMinimum, whyMaximum } = range
  const remedy = `write ${wantedNumber(range)} from ${minimum} to ${maximum}`
  if (number < minimum) return misread(`${shown} is too small${because(whyMinimum)}`, remedy)
  if (number > maximum) return misread(`${shown} is too large${because(whyMaximum)}`, remedy)
  return read(number)
}

function because(why: string | undefined): string {
  return why === undefined ? '' : `: ${why}`
}

function wantedNumber({ unit }: NumberRange): string {
  return unit === 'number' || unit === 'switch' ? 'a whole number' : `a whole number of ${unit}`
}

/** Says why `value` is not `wanted`, with what was most likely meant. */
export function explainNumber(value: unknown, wanted: string): Mistake {
  if (value === null || value === undefined)
    return { what: `expected ${wanted}, found nothing`, remedy: 'write one, or remove the line' }
  if (typeof value !== 'string')
    return { what: `expected ${wanted}, got ${showValue(value)}`, remedy: `write ${wanted}` }
  const fault = textFault(value)
  if (fault !== undefined) return fault
  const text = value.trim()
  if (/^0\d+$/.test(text))
    return {
      what: `${showValue(text)} begins with 0, which makes it octal to the kernel and to older YAML`,
      remedy: octalRemedy(text),
    }
  return {
    what: `expected ${wanted}, got ${showValue(value)}`,
    remedy: numberRemedy(text) ?? `write ${wanted}, in digits only`,
  }
}

function octalRemedy(text: string): string {
  const decimal = text.replace(/^0+(?=\d)/, '')
  return /^[0-7]+$/.test(text) && decimal.length > 1
    ? `write ${decimal}, or ${Number.parseInt(text, 8)} if octal was meant`
    : `write ${decimal}`
}

function numberRemedy(text: string): string | undefined {
  const grouped = /^\d{1,3}(?:([_,.' ])\d{3})(?:\1\d{3})*$/.test(text) || /^\d+(?:_\d+)+$/.test(text)
  if (grouped) return `write ${text.replaceAll(/\D/g, '')}`
  const suffixed = /^(\d{1,9}(?:\.\d{1,3})?)\s*([kmg])i?b?$/i.exec(text)
  if (suffixed !== null) {
    const power = ' kmg'.indexOf((suffixed[2] ?? '').toLowerCase())
    const [binary, decimal] = [1024, 1000].map((base) => Math.round(Number(suffixed[1]) * base ** power))
    return `write ${binary} or ${decimal}, whichever is meant`
  }
  // +5, 0x400, 0o17, 1e6, 65536.0
  const number = /^(?:0[xob][\da-f]+|[+]?\d+(?:\.\d+)?(?:e\+?\d+)?)$/i.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? `write ${number}` : undefined
}
