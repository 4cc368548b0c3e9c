import { argument, type Arguments, listOf, mapOf, numberOf, textArgument, type Tools } from './arguments.ts'
import { collectionFilters } from './collection-filters.ts'
import { capitalized, replaceText, splitText, strip, titled } from './methods.ts'
import { regexReplace, regexSearch } from './regex-clock.ts'
import { asText, defined, describe, isMap, isTrue, Undefined, Unfillable } from './value.ts'

export type Filter = (value: unknown, given: Arguments, tools: Tools) => unknown

const onText =
  (change: (text: string) => string): Filter =>
  (value, _given, { budget }) =>
    budget.text(change(asText(value)))

const fallback: Filter = (value, given) => {
  const otherwise = argument(given, 0, 'default_value') ?? ''
  if (value instanceof Undefined) return otherwise
  return isTrue(argument(given, 1, 'boolean') ?? false) && !isTrue(value) ? otherwise : value
}

/** Python's `int()` within Jinja's filter: what is no number is the default. */
const toInt: Filter = (value, given) => {
  const known = defined(value)
  const base = numberOf(argument(given, 1, 'base') ?? 10)
  const otherwise = argument(given, 0, 'default') ?? 0
  if (typeof known === 'number') return Math.trunc(known)
  if (typeof known === 'boolean') return Number(known)
  if (typeof known !== 'string') return otherwise
  const text = known.trim().replaceAll('_', '').toLowerCase()
  const digits =
    base === 16 ? text.replace(/^([-+]?)0x/, '$1') : base === 8 ? text.replace(/^([-+]?)0o/, '$1') : text
  const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base)
  if (new RegExp(`^[-+]?[${allowed}]+$`).test(digits)) return Number.parseInt(digits, base)
  const float = Number(text)
  return text !== '' && /^[-+.\de]+$/.test(text) && Number.isFinite(float) ? Math.trunc(float) : otherwise
}

/** Ansible's words for yes; all others mean no, as there. */
const toBool: Filter = (value) => {
  const known = defined(value)
  if (known === null || typeof known === 'boolean') return known
  return ['yes', 'on', '1', 'true'].includes(asText(known).toLowerCase())
}

/** printf as `'%s:%d' | format(a, b)` uses it. */
const format: Filter = (value, { positional }, { budget }) => {
  let next = 0
  return asText(value).replaceAll(
    /%(-?)(0?)(\d{0,3})([sdi%])/g,
    (all, left: string, zero: string, width: string, kind: string) => {
      if (kind === '%') return '%'
      if (next >= positional.length) throw new Unfillable(`format has no argument for ${all}`)
      const item = positional[next]
      next += 1
      const text = kind === 's' ? asText(item) : String(Math.trunc(numberOf(item)))
      const padded =
        left === '' ? text.padStart(Number(width), zero === '' ? ' ' : '0') : text.padEnd(Number(width))
      return budget.text(padded)
    },
  )
}

const round: Filter = (value, given) => {
  const factor = 10 ** Math.trunc(numberOf(argument(given, 0, 'precision') ?? 0))
  const method = textArgument(given, 1, 'method', 'common')
  const scaled = numberOf(value) * factor
  if (method === 'ceil') return Math.ceil(scaled) / factor
  if (method === 'floor') return Math.floor(scaled) / factor
  return Math.round(scaled) / factor
}

const ternary: Filter = (value, given) => {
  const none = argument(given, 2, 'none_val')
  if (value === null && none !== undefined) return none
  return argument(given, isTrue(value) ? 0 : 1, isTrue(value) ? 'true_val' : 'false_val') ?? null
}

function length(value: unknown): number {
  const known = defined(value)
  if (typeof known === 'string') return Array.from(known).length
  if (Array.isArray(known)) return known.length
  if (isMap(known)) return Object.keys(known).length
  throw new Unfillable(`${describe(known)} has no length`)
}

function decodeJson(value: unknown): unknown {
  try {
    return JSON.parse(asText(value))
  } catch {
    throw new Unfillable('the text is not JSON')
  }
}

/** The filters of Jinja and Ansible that connection variables and numbers are made with. */
export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['default', fallback],
  ['d', fallback],
  ['mandatory', (value) => defined(value)],
  ['int', toInt],
  [
    'float',
    (value, given) => {
      const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(defined(value))
      return Number.isFinite(number) ? number : (argument(given, 0, 'default') ?? 0)
    },
  ],
  ['bool', toBool],
  ['string', (value) => asText(value)],
  ['lower', onText((text) => text.toLowerCase())],
  ['upper', onText((text) => text.toUpperCase())],
  ['capitalize', onText(capitalized)],
  ['title', onText(titled)],
  ['trim', (value, given) => strip(asText(value), argument(given, 0, 'chars'), true, true)],
  ['replace', (value, given, { budget }) => replaceText(asText(value), given, budget)],
  [
    'split',
    (value, given) => splitText(asText(value), argument(given, 0, 'sep'), argument(given, 1, 'maxsplit')),
  ],
  [
    'regex_replace',
    (value, given, { budget }) => {
      const [source, replacement] = [
        textArgument(given, 0, 'pattern', ''),
        textArgument(given, 1, 'replacement', ''),
      ]
      return budget.text(
        regexReplace(asText(value), source, replacement, isTrue(given.named.get('ignorecase') ?? false)),
      )
    },
  ],
  [
    'regex_search',
    (value, given) => {
      const found = regexSearch(
        asText(value),
        textArgument(given, 0, 'pattern'),
        isTrue(given.named.get('ignorecase') ?? false),
      )
      const wanted = given.positional
        .slice(1)
        .map((group) => Number(/\d+/.exec(asText(group))?.[0] ?? Number.NaN))
      if (found.length === 0) return wanted.length === 0 ? '' : null
      return wanted.length === 0 ? found[0] : wanted.map((group) => found[group] ?? '')
    },
  ],
  ['format', format],
  ['quote', onText((text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`))],
  ['basename', onText((text) => text.slice(text.lastIndexOf('/') + 1))],
  ['dirname', onText((text) => text.slice(0, Math.max(text.lastIndexOf('/'), text.startsWith('/') ? 1 : 0)))],
  ['b64encode', onText((text) => Buffer.from(text, 'utf8').toString('base64'))],
  ['b64decode', onText((text) => Buffer.from(text, 'base64').toString('utf8'))],
  ['from_json', decodeJson],
  ['to_json', (value, _given, { budget }) => budget.text(JSON.stringify(defined(value)))],
  ['abs', (value) => Math.abs(numberOf(value))],
  ['round', round],
  ['ternary', ternary],
  ['length', (value) => length(value)],
  ['count', (value) => length(value)],
  ['dict2items', (value) => Object.entries(mapOf(value)).map(([key, item]) => ({ key, value: item }))],
  [
    'items2dict',
    (value) =>
      Object.fromEntries(listOf(value).map((item) => [asText(mapOf(item)['key']), mapOf(item)['value']])),
  ],
  ...collectionFilters,
])
