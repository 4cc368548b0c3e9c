import { misread, read, readItems, refused, type Reading } from './reading.ts'
import { nearest } from '../nearest.ts'
import { showValue } from '../show-value.ts'
import { textFault } from './text-fault.ts'

/** Characters; names stand in progress lines and tables. */
const longestName = 200

/** What the play is for. */
export function readName(value: unknown): Reading<string> {
  const text = readText(value, 'a name')
  if (text.ok && text.value.length > longestName)
    return misread(`the name has ${text.value.length} characters`, `use at most ${longestName}`)
  return text
}

/** A pattern of hosts, or a list of patterns that stands for their union. */
export function readHosts(value: unknown): Reading<string> {
  if (!Array.isArray(value)) return readText(value, 'a pattern of hosts')
  if (value.length === 0) return misread('the list of hosts is empty', 'name hosts, groups or patterns')
  const patterns = readItems(value as unknown[], (item) => readText(item, 'a pattern of hosts'))
  return patterns.ok ? read(patterns.value.join(',')) : patterns
}

export function readModule(value: unknown): Reading<'load' | 'leave'> {
  return readWord(value, ['load', 'leave'])
}

export function readConflicts(value: unknown): Reading<'report' | 'override'> {
  return readWord(value, ['report', 'override'])
}

function readWord<Word extends string>(value: unknown, words: readonly [Word, Word]): Reading<Word> {
  const word = words.find((known) => known === value)
  if (word !== undefined) return read(word)
  const either = words.join(' or ')
  const close = typeof value === 'string' ? nearest(value, [...words]) : undefined
  return misread(
    `expected ${either}, got ${showValue(value)}`,
    close === undefined ? `write ${either}` : `did you mean ${close}?`,
  )
}

function readText(value: unknown, wanted: string): Reading<string> {
  if (typeof value === 'number' || typeof value === 'boolean')
    return misread(`expected ${wanted}, got ${showValue(value)}`, `put it in quotes if that is ${wanted}`)
  if (value === null)
    return misread(`expected ${wanted}, found nothing`, 'write one; what begins with *, ! or & needs quotes')
  if (typeof value !== 'string') return misread(`expected ${wanted}, got ${showValue(value)}`, 'write a text')
  if (value.trim() === '')
    return misread(`expected ${wanted}, got an empty text`, 'write one, or remove the line')
  const fault = textFault(value)
  return fault === undefined ? read(value.trim()) : refused(fault)
}
