import {
  argument,
  type Arguments,
  listOf,
  mapOf,
  numberOf,
  textArgument,
  type Tools,
  without,
} from './arguments.ts'
import type { Filter } from './filters.ts'
import { sorted } from './methods.ts'
import {
  areEqual,
  asText,
  compare,
  defined,
  isMap,
  isTrue,
  type PlainMap,
  Undefined,
  Unfillable,
} from './value.ts'

const withList =
  (work: (items: readonly unknown[], given: Arguments, tools: Tools) => unknown): Filter =>
  (value, given, tools) => {
    const items = listOf(value)
    tools.budget.step(items.length)
    return work(items, given, tools)
  }

/** `a.b.0` below an item. */
function attributeOf(item: unknown, path: string, { member }: Tools): unknown {
  return path.split('.').reduce((value, key) => member(value, key, 'an item'), item)
}

/** `map('upper')`, `map(attribute='name', default='x')`, `map('extract', hostvars, 'ansible_host')`. */
const map = withList((items, given, tools) => {
  const attribute = given.named.get('attribute')
  if (attribute !== undefined)
    return items.map((item) => {
      const found = attributeOf(item, asText(attribute), tools)
      return defined(found instanceof Undefined ? (given.named.get('default') ?? found) : found)
    })
  const name = textArgument(given, 0, 'filter')
  return items.map((item) => tools.filter(name, item, without(given, 1)))
})

const extract: Filter = (key, given, { member }) => {
  const [container, more] = given.positional
  const steps = more === undefined || more === null ? [] : Array.isArray(more) ? more : [more]
  return defined(
    [key, ...steps].reduce((value, step) => member(value, step, 'the container of extract'), container),
  )
}

/** `select('match', '^web')`, `rejectattr('state', 'equalto', 'down')`. */
const choose = (isWanted: boolean, byAttribute: boolean): Filter =>
  withList((items, given, tools) => {
    const attribute = byAttribute ? textArgument(given, 0, 'attribute') : null
    const rest = byAttribute ? without(given, 1) : given
    const [name] = rest.positional
    return items.filter((item) => {
      const value = attribute === null ? item : attributeOf(item, attribute, tools)
      const holds = name === undefined ? isTrue(value) : tools.test(asText(name), value, without(rest, 1))
      return holds === isWanted
    })
  })

/** Mappings on top of one another, the later winning; deep where `recursive=true`. */
const combine: Filter = (value, given, tools) => {
  const deep = isTrue(given.named.get('recursive') ?? false)
  const lists = given.named.get('list_merge')
  if (lists !== undefined && lists !== 'replace')
    throw new Unfillable('combine understands list_merge=replace only')
  const merge = (below: PlainMap, above: PlainMap): PlainMap => {
    tools.budget.step(Object.keys(above).length + 1)
    const entries = Object.entries(above).map(([key, item]): [string, unknown] => {
      const known = Object.hasOwn(below, key) ? below[key] : undefined
      return [key, deep && isMap(known) && isMap(item) ? merge(known, item) : item]
    })
    return Object.fromEntries([...Object.entries(below), ...entries])
  }
  return [value, ...given.positional]
    .flatMap((item) => (Array.isArray(item) ? item : [item]))
    .map((item) => mapOf(item))
    .reduce(merge)
}

function uniqueOf(items: readonly unknown[]): readonly unknown[] {
  const plain = new Set(items.filter((item) => typeof item !== 'object'))
  if (plain.size === new Set(items).size) return [...plain]
  return items.filter((item, index) => items.findIndex((other) => areEqual(other, item)) === index)
}

function flattened(items: readonly unknown[], levels: number): readonly unknown[] {
  return items.flatMap((item) => (Array.isArray(item) && levels > 0 ? flattened(item, levels - 1) : [item]))
}

const extreme = (sign: number): Filter =>
  withList((items) => {
    if (items.length === 0) return new Undefined('min or max of an empty list')
    const plain = (item: unknown): unknown => (typeof item === 'string' ? item.toLowerCase() : item)
    return items.reduce((best, item) => (compare(plain(item), plain(best)) * sign > 0 ? item : best))
  })

const joined = withList((items, given, tools) => {
  const attribute = argument(given, 1, 'attribute')
  const values =
    attribute === undefined ? items : items.map((item) => attributeOf(item, asText(attribute), tools))
  return tools.budget.text(values.map(asText).join(textArgument(given, 0, 'd', '')))
})

const others = (isShared: boolean): Filter =>
  withList((items, { positional }, { budget }) => {
    const second = listOf(positional[0])
    budget.step(items.length * second.length)
    return uniqueOf(items.filter((item) => second.some((other) => areEqual(other, item)) === isShared))
  })

/** The filters of lists and mappings. */
export const collectionFilters: readonly (readonly [string, Filter])[] = [
  ['list', withList((items) => [...items])],
  ['first', withList((items) => (items.length === 0 ? new Undefined('the list is empty') : items[0]))],
  ['last', withList((items) => (items.length === 0 ? new Undefined('the list is empty') : items.at(-1)))],
  ['join', joined],
  [
    'reverse',
    (value) =>
      typeof value === 'string' ? Array.from(value).toReversed().join('') : listOf(value).toReversed(),
  ],
  [
    'sort',
    withList((items, given, tools) => {
      const attribute = given.named.get('attribute')
      const isReverse = isTrue(argument(given, 0, 'reverse') ?? false)
      const order =
        attribute === undefined
          ? sorted(items, isTrue(argument(given, 1, 'case_sensitive') ?? false))
          : items.toSorted((left, right) =>
              compare(
                attributeOf(left, asText(attribute), tools),
                attributeOf(right, asText(attribute), tools),
              ),
            )
      return isReverse ? order.toReversed() : order
    }),
  ],
  [
    'unique',
    withList((items, _given, { budget }) => {
      if (items.some((item) => typeof item === 'object')) budget.step(items.length * items.length)
      return uniqueOf(items)
    }),
  ],
  ['min', extreme(-1)],
  ['max', extreme(1)],
  [
    'sum',
    withList((items, given) =>
      items.reduce((sum: number, item) => sum + numberOf(item), numberOf(argument(given, 1, 'start') ?? 0)),
    ),
  ],
  ['flatten', withList((items, given) => flattened(items, numberOf(argument(given, 0, 'levels') ?? 100)))],
  ['union', withList((items, { positional }) => uniqueOf([...items, ...listOf(positional[0])]))],
  ['intersect', others(true)],
  ['difference', others(false)],
  ['map', map],
  ['extract', extract],
  ['select', choose(true, false)],
  ['reject', choose(false, false)],
  ['selectattr', choose(true, true)],
  ['rejectattr', choose(false, true)],
  ['combine', combine],
]
