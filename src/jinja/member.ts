import { describe, isLazyMapping, isMap, Undefined } from './value.ts'

/** `value[key]` or `value.key`: own entries only, nothing of what JavaScript adds to every value. `path` names the value. */
export function memberOf(value: unknown, key: unknown, path: string): unknown {
  if (value instanceof Undefined) return value
  if (Array.isArray(value) || typeof value === 'string') {
    const items = Array.isArray(value) ? value : Array.from(value)
    const index = typeof key === 'string' && !/^-?\d+$/.test(key) ? Number.NaN : Number(key)
    if (Number.isInteger(index) && index >= -items.length && index < items.length) return items.at(index)
    if (Array.isArray(value)) return new Undefined(`${path} is a list without an element ${String(key)}`)
    return new Undefined(`${path} is neither a mapping nor a list`)
  }
  if (isLazyMapping(value))
    return value.get(String(key)) ?? new Undefined(`${path} has no key ${String(key)}`)
  if (!isMap(value))
    return new Undefined(`${path} is ${value === null ? describe(value) : 'neither a mapping nor a list'}`)
  const name = String(key)
  return Object.hasOwn(value, name) ? value[name] : new Undefined(`${path} has no key ${name}`)
}

/** `value[start:stop:step]`. */
export function sliceOf(
  value: readonly unknown[],
  bounds: readonly (number | undefined)[],
): readonly unknown[] {
  const [start, stop, step = 1] = bounds
  if (step > 0) return value.slice(start ?? 0, stop).filter((_item, index) => index % step === 0)
  const forward = value.toReversed()
  const turned = (bound: number | undefined): number | undefined =>
    bound === undefined ? undefined : value.length - 1 - (bound < 0 ? bound + value.length : bound)
  return forward.slice(turned(start) ?? 0, turned(stop)).filter((_item, index) => index % -step === 0)
}
