import { printable } from './printable.ts'

const longestShown = 60

/** A value as messages show it: on one line, bounded, nothing in it that a terminal obeys. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `"${showText(value)}"`
  if (typeof value === 'boolean') return `${value} (a boolean)`
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : 'a mapping'
}

/** The same for a text that is shown without quotes, such as a key. */
export function showText(text: string, longest = longestShown): string {
  return printable(text.length > longest ? `${text.slice(0, longest - 3)}...` : text)
}
