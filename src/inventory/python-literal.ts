import { parseStrings } from './python-string.ts'
import { exactInteger } from './yaml-scalar.ts'

/**
 * The value of `text` if it is a literal of Python: number, string, `True`, `False`, `None`, tuple,
 * list, set or dict of such; else null. This is how Ansible types the values of an INI inventory
 * (`ast.literal_eval`), with its surprises: `1,2` is a list, `012` is text, a `#` behind a literal
 * begins a comment. Tuples and sets come out as arrays; complex numbers and `...` are not taken.
 */
export function parsePythonLiteral(text: string): { readonly value: unknown } | null {
  // Nothing else can begin a literal; most values of an inventory are plain words and end here.
  if (!/^[ \t]*[-+0-9.'"([{bBrRuUTFN]/.test(text)) return null
  const cursor: Cursor = { text, at: 0, depth: 0 }
  try {
    const value = parseTuple(cursor, '')
    skipBlanks(cursor)
    return cursor.at === text.length || text.charAt(cursor.at) === '#' ? { value } : null
  } catch (error) {
    if (error instanceof NoLiteral) return null
    throw error
  }
}

class NoLiteral extends Error {}

interface Cursor {
  readonly text: string
  at: number
  depth: number
}

/** Python's own limit on nested brackets. */
const maxDepth = 200

function skipBlanks(cursor: Cursor): void {
  while (' \t\f'.includes(cursor.text.charAt(cursor.at)) && cursor.at < cursor.text.length) cursor.at += 1
}

/** Skips blanks and takes `symbol` if it comes next. */
function take(cursor: Cursor, symbol: string): boolean {
  skipBlanks(cursor)
  if (!cursor.text.startsWith(symbol, cursor.at)) return false
  cursor.at += symbol.length
  return true
}

/** One value, or several with commas, up to `close` (not taken) or the end. */
function parseTuple(cursor: Cursor, close: string): unknown {
  const items = parseItems(cursor, close)
  if (items.values.length === 0 && close === '') throw new NoLiteral()
  return items.values.length === 1 && !items.trailingComma ? items.values[0] : items.values
}

function parseItems(cursor: Cursor, close: string): { values: unknown[]; trailingComma: boolean } {
  const values: unknown[] = []
  let trailingComma = false
  while (!atEnd(cursor, close)) {
    values.push(parseValue(cursor))
    trailingComma = take(cursor, ',')
    if (!trailingComma) break
  }
  return { values, trailingComma }
}

function atEnd(cursor: Cursor, close: string): boolean {
  skipBlanks(cursor)
  const next = cursor.text.charAt(cursor.at)
  return next === '' || (close === '' ? next === '#' : next === close)
}

function parseValue(cursor: Cursor): unknown {
  skipBlanks(cursor)
  if (take(cursor, '(')) return inBrackets(cursor, ')', () => parseTuple(cursor, ')'))
  if (take(cursor, '[')) return inBrackets(cursor, ']', () => parseItems(cursor, ']').values)
  if (take(cursor, '{')) return inBrackets(cursor, '}', () => parseBraces(cursor))
  const strings = parseStrings(cursor.text, cursor.at)
  if (strings !== null) {
    cursor.at = strings.end
    return strings.value
  }
  return parseWord(cursor)
}

function inBrackets(cursor: Cursor, close: string, parse: () => unknown): unknown {
  cursor.depth += 1
  if (cursor.depth > maxDepth) throw new NoLiteral()
  const value = parse()
  if (!take(cursor, close)) throw new NoLiteral()
  cursor.depth -= 1
  return value
}

/** A dict, or a set as an array. */
function parseBraces(cursor: Cursor): unknown {
  const entries: [string, unknown][] = []
  const members: unknown[] = []
  while (!atEnd(cursor, '}')) {
    const first = parseValue(cursor)
    if (take(cursor, ':')) entries.push([keyText(first), parseValue(cursor)])
    else members.push(first)
    if (!take(cursor, ',')) break
  }
  if (entries.length > 0 && members.length > 0) throw new NoLiteral()
  return members.length > 0 ? [...new Set(members)] : Object.fromEntries(entries)
}

/** A key of a dict, as JSON spells it. */
function keyText(key: unknown): string {
  if (typeof key === 'object' && key !== null) throw new NoLiteral()
  return String(key)
}

const wordPattern = /True(?!\w)|False(?!\w)|None(?!\w)/y
const numberPattern =
  /([-+]?)[ \t\f]*(?:(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)|((?:\d(?:_?\d)*)?\.(?:\d(?:_?\d)*)?(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*[eE][-+]?\d(?:_?\d)*)|([1-9](?:_?\d)*|0(?:_?0)*))(?![\w.])/y

function parseWord(cursor: Cursor): unknown {
  wordPattern.lastIndex = cursor.at
  const word = wordPattern.exec(cursor.text)?.[0]
  if (word !== undefined) {
    cursor.at += word.length
    return word === 'None' ? null : word === 'True'
  }
  numberPattern.lastIndex = cursor.at
  const match = numberPattern.exec(cursor.text)
  const [whole = '', sign = '', based, fractional, decimal = ''] = match ?? []
  if (match === null || /^\.(?:[eE]|$)/.test(fractional ?? '')) throw new NoLiteral()
  cursor.at += whole.length
  if (fractional !== undefined) return Number(sign + fractional.replaceAll('_', ''))
  return exactInteger(sign + (based ?? decimal).replaceAll('_', '').toLowerCase())
}
