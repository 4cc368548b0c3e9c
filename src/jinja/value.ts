/** A name or key that nothing stands behind; using it for anything but `default` and `is defined` is an error. */
export class Undefined {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** What `omit` stands for: as if the variable were not set. */
export const omitted = Symbol('omit')

/** A mapping whose values are worked out when they are asked for, as those of `hostvars`. */
export interface LazyMapping {
  readonly isLazyMapping: true
  get(key: string): unknown
  keys(): Iterable<string>
}

/** Why a template cannot be evaluated, as a sentence without a full stop; never leaves this folder. */
export class Unfillable extends Error {}

export type PlainMap = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Undefined)
}

export function isLazyMapping(value: unknown): value is LazyMapping {
  return isMap(value) && value['isLazyMapping'] === true
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

/** `value`, unless it is one that may not be used. */
export function defined(value: unknown): unknown {
  if (value instanceof Undefined) throw new Unfillable(value.why)
  return value
}

/** Python's `bool(value)`. */
export function isTrue(value: unknown): boolean {
  const known = defined(value)
  if (Array.isArray(known)) return known.length > 0
  if (isMap(known)) return isLazyMapping(known) || Object.keys(known).length > 0
  return known !== omitted && Boolean(known)
}

/** Python's `==`. */
export function areEqual(left: unknown, right: unknown): boolean {
  const [one, other] = [defined(left), defined(right)]
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => areEqual(item, other[index]))
    )
  if (isMap(one)) {
    if (!isMap(other)) return false
    const keys = Object.keys(one)
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && areEqual(one[key], other[key]))
    )
  }
  const plain = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value)
  return plain(one) === plain(other)
}

/** Below, at or above zero, as for sorting; throws Unfillable for what Python cannot put in order. */
export function compare(left: unknown, right: unknown): number {
  const [one, other] = [defined(left), defined(right)].map((value) =>
    typeof value === 'boolean' ? Number(value) : value,
  )
  if (isNumber(one) && isNumber(other)) return one - other
  if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : one > other ? 1 : 0
  throw new Unfillable(`${describe(left)} and ${describe(right)} cannot be compared`)
}

/** Python's `str(value)`. */
export function asText(value: unknown): string {
  const known = defined(value)
  if (typeof known === 'string') return known
  return literal(known)
}

/** Python's `repr()`. */
function literal(value: unknown): string {
  const known = defined(value)
  if (known === null) return 'None'
  if (typeof known === 'boolean') return known ? 'True' : 'False'
  if (typeof known === 'string') return quoted(known)
  if (Array.isArray(known)) return `[${known.map(literal).join(', ')}]`
  if (isLazyMapping(known))
    throw new Unfillable('hostvars and groups can be looked into, but not be written out')
  if (isMap(known))
    return `{${Object.entries(known)
      .map(([key, item]) => `${quoted(key)}: ${literal(item)}`)
      .join(', ')}}`
  if (typeof known === 'number' || typeof known === 'bigint') return String(known)
  throw new Unfillable('omit stands inside other text')
}

function quoted(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
  return text.includes("'") && !text.includes('"')
    ? `"${escaped}"`
    : `'${escaped.replaceAll("'", String.raw`\'`)}'`
}

/** What a value is, without telling it. */
export function describe(value: unknown): string {
  if (value instanceof Undefined) return 'something undefined'
  if (value === null) return 'nothing (None)'
  if (Array.isArray(value)) return 'a list'
  if (isMap(value)) return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'boolean' ? 'a boolean' : value === omitted ? 'omit' : 'a number'
}
