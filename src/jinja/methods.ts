import { argument, type Arguments, listOf, numberOf, textArgument } from './arguments.ts'
import type { Budget } from './budget.ts'
import { areEqual, asText, compare, isLazyMapping, isMap, Unfillable } from './value.ts'

/** Calls a method of Python's texts, dicts and lists. Throws Unfillable for one that is not known. */
export function callMethod(value: unknown, name: string, given: Arguments, budget: Budget): unknown {
  if (typeof value === 'string') return callOnText(value, name, given, budget)
  if (isLazyMapping(value) && name === 'get')
    return value.get(textArgument(given, 0, 'key')) ?? given.positional[1] ?? null
  const entries = isLazyMapping(value)
    ? [...value.keys()].map((key): [string, unknown] => [key, value.get(key)])
    : isMap(value)
      ? Object.entries(value)
      : null
  if (entries !== null) {
    budget.step(entries.length)
    if (name === 'get') {
      const key = textArgument(given, 0, 'key')
      return entries.find(([known]) => known === key)?.[1] ?? given.positional[1] ?? null
    }
    if (name === 'keys') return entries.map(([key]) => key)
    if (name === 'values') return entries.map(([, item]) => item)
    if (name === 'items') return entries
  }
  if (Array.isArray(value)) {
    if (name === 'index') return value.findIndex((item) => areEqual(item, given.positional[0]))
    if (name === 'count') return value.filter((item) => areEqual(item, given.positional[0])).length
  }
  throw new Unfillable(`the method ${name} is not known here`)
}

function callOnText(text: string, name: string, given: Arguments, budget: Budget): unknown {
  budget.characters(text.length)
  switch (name) {
    case 'lower':
      return text.toLowerCase()
    case 'upper':
      return text.toUpperCase()
    case 'title':
      return titled(text)
    case 'capitalize':
      return capitalized(text)
    case 'strip':
      return strip(text, argument(given, 0, 'chars'), true, true)
    case 'lstrip':
      return strip(text, argument(given, 0, 'chars'), true, false)
    case 'rstrip':
      return strip(text, argument(given, 0, 'chars'), false, true)
    case 'startswith':
      return prefixes(given).some((prefix) => text.startsWith(prefix))
    case 'endswith':
      return prefixes(given).some((suffix) => text.endsWith(suffix))
    case 'split':
      return splitText(text, argument(given, 0, 'sep'), argument(given, 1, 'maxsplit'))
    case 'splitlines':
      return text.replace(/\n$/, '').split(/\r\n|\n|\r/)
    case 'join':
      return budget.text(listOf(given.positional[0]).map(asText).join(text))
    case 'replace':
      return replaceText(text, given, budget)
    case 'find':
      return text.indexOf(textArgument(given, 0, 'sub'))
    case 'count':
      return text.split(textArgument(given, 0, 'sub')).length - 1
    case 'isdigit':
      return /^\d+$/.test(text)
    default:
      throw new Unfillable(`the method ${name} is not known here`)
  }
}

function prefixes({ positional }: Arguments): readonly string[] {
  const [first] = positional
  return Array.isArray(first) ? first.map(asText) : [asText(first)]
}

export function titled(text: string): string {
  return text.toLowerCase().replaceAll(/\p{L}+/gu, capitalized)
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()
}

export function strip(text: string, characters: unknown, start: boolean, end: boolean): string {
  if (characters === undefined || characters === null)
    return start && end ? text.trim() : start ? text.trimStart() : text.trimEnd()
  const set = new Set(asText(characters))
  let from = 0
  let to = text.length
  if (start) while (from < to && set.has(text.charAt(from))) from += 1
  if (end) while (to > from && set.has(text.charAt(to - 1))) to -= 1
  return text.slice(from, to)
}

export function splitText(text: string, separator: unknown, most: unknown): readonly string[] {
  const limit = most === undefined || most === null ? -1 : numberOf(most)
  const isBlank = separator === undefined || separator === null
  const subject = isBlank ? text.trim() : text
  if (isBlank && subject === '') return []
  const between = isBlank ? ' ' : asText(separator)
  if (between === '') throw new Unfillable('split has an empty separator')
  const parts = isBlank ? subject.split(/\s+/) : subject.split(between)
  if (limit < 0 || parts.length <= limit + 1) return parts
  return [...parts.slice(0, limit), parts.slice(limit).join(between)]
}

export function replaceText(text: string, given: Arguments, budget: Budget): string {
  const [old, fresh] = [textArgument(given, 0, 'old'), textArgument(given, 1, 'new')]
  const count = argument(given, 2, 'count')
  const parts = text.split(old)
  const times =
    count === undefined || count === null ? parts.length - 1 : Math.min(numberOf(count), parts.length - 1)
  budget.characters(text.length + times * fresh.length)
  return [...parts.slice(0, times).map((part) => part + fresh), parts.slice(times).join(old)].join('')
}

/** A copy in Python's order; texts without regard to case unless asked, as in Jinja. */
export function sorted(items: readonly unknown[], caseSensitive: boolean): readonly unknown[] {
  const key = (item: unknown): unknown =>
    typeof item === 'string' && !caseSensitive ? item.toLowerCase() : item
  return items.toSorted((left, right) => compare(key(left), key(right)))
}
