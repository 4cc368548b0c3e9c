import { nearest } from '../nearest.ts'
import { showText } from '../show-value.ts'
import { all, below, read, wrongKey, type Reader, type Reading } from './reading.ts'

type Written = Readonly<Record<string, unknown>>

/** Is it a mapping? */
export function isMapping(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A mistake for each key that is not among `known`; `owner` is what has no such key. */
export function readKeys(written: Written, known: readonly string[], owner: string): Reading<unknown> {
  const unknown = Object.keys(written).filter((key) => !known.includes(key))
  return all<readonly unknown[]>(
    unknown.map((key) => {
      const close = nearest(key, known)
      return wrongKey(key, {
        what: `${owner} has no key \`${showText(key)}\``,
        remedy: close === undefined ? `use some of ${known.join(', ')}` : `did you mean \`${close}\`?`,
      })
    }),
  )
}

/** What the parts of a mapping come to, each by the reader of its key, put together in the order of the mapping. */
export function readParts<Part extends object>(
  written: Written,
  readers: Readonly<Record<string, Reader<Part>>>,
  owner: string,
): Reading<Part> {
  const known = Object.keys(readers)
  const parts = Object.entries(written).flatMap(([key, value]) => {
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined
    return reader === undefined ? [] : [below(key, reader(value))]
  })
  const whole = all<[unknown, readonly Part[]]>([
    readKeys(written, known, owner),
    all<readonly Part[]>(parts),
  ])
  return mapped(whole, ([, values]) => Object.assign({}, ...values) as Part)
}

/** What a reading gives, under another name or in another form. */
export function mapped<Value, Result>(
  reading: Reading<Value>,
  make: (value: Value) => Result,
): Reading<Result> {
  return reading.ok ? read(make(reading.value)) : reading
}
