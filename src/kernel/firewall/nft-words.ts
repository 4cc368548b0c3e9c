import type { Verdict } from './ruleset.ts'

/** One value, a list, or (null) something that is looked up elsewhere. */
interface Value {
  readonly values: readonly string[] | null
  readonly negated: boolean
  /** Of a verdict map: what becomes of which value. */
  readonly verdicts: readonly (readonly [value: string, verdict: Verdict])[] | null
}

/** The words of a rule and how far they have been read. */
export interface Reader {
  readonly words: readonly string[]
  at: number
}

/** The words of a rule: braces and commas are words of their own, what stands in quotes is one. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/"[^"]*"|[{},]|[^\s{},]+/g) ?? []
}

/** Takes the next word; empty at the end. */
export function next(reader: Reader): string {
  const word = reader.words[reader.at] ?? ''
  reader.at += 1
  return word
}

/** The next word, not taken. */
export function peek({ words, at }: Reader): string {
  return words[at] ?? ''
}

/** Without its quotes. */
export function unquoted(word: string): string {
  return word.replaceAll('"', '')
}

/** What a field is compared with: one value, a list, something looked up elsewhere (null), or a map of verdicts. */
export function valueOf(reader: Reader): Value {
  let negated = false
  let isKnown = true
  const operator = peek(reader)
  if (/^(!=|==|<|>|<=|>=|&|and|vmap|map|\.)$/.test(operator)) {
    next(reader)
    negated = operator === '!='
    isKnown = ['!=', '==', 'vmap'].includes(operator)
  }
  if (operator === '.') {
    // Several fields at once, looked up together: the field behind the dot, then what they are compared with.
    while (peek(reader) !== '{' && !peek(reader).startsWith('@') && reader.at < reader.words.length)
      next(reader)
  }
  if (peek(reader) === '{') {
    const items = listOf(reader)
    if (operator === 'vmap')
      return { values: null, negated, verdicts: isKnown ? items.map(verdictItem) : null }
    return {
      values: isKnown ? items.map((words) => unquoted(words[0] ?? '')) : null,
      negated,
      verdicts: null,
    }
  }
  const values = [unquoted(next(reader))]
  while (peek(reader) === ',') {
    next(reader)
    values.push(unquoted(next(reader)))
  }
  const isLookedUp = values.some((value) => value.startsWith('@') || value.startsWith('$'))
  if (operator === 'vmap') return { values: null, negated, verdicts: hidden }
  return { values: isKnown && !isLookedUp ? values : null, negated, verdicts: null }
}

/** What a map that is kept elsewhere may do. */
const hidden: Value['verdicts'] = [
  ['', { kind: 'drop' }],
  ['', { kind: 'nat' }],
]

/** The items between braces, each as its words. */
function listOf(reader: Reader): readonly (readonly string[])[] {
  const items: string[][] = [[]]
  next(reader)
  while (reader.at < reader.words.length && peek(reader) !== '}') {
    const word = next(reader)
    if (word === ',') items.push([])
    else items.at(-1)?.push(word)
  }
  next(reader)
  return items
}

/** `established : accept` */
function verdictItem(words: readonly string[]): readonly [string, Verdict] {
  const colon = words.indexOf(':')
  const [word = '', chain = ''] = words.slice(colon + 1)
  const verdict: Verdict =
    word === 'jump' || word === 'goto'
      ? { kind: word, chain }
      : { kind: word === 'accept' || word === 'return' || word === 'continue' ? word : 'drop' }
  return [unquoted(words[0] ?? ''), verdict]
}
