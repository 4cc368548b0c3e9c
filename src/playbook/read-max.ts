import type { MaxPolicy } from '../kernel/max-policy.ts'
import { isPresetName, presets } from '../kernel/presets.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { nearest } from '../nearest.ts'
import { booleanOf } from './read-boolean.ts'
import { type NumberRange, readWholeNumber } from './read-number.ts'
import { misread, read, type Reading } from './reading.ts'
import { showText, showValue } from '../show-value.ts'

/** A number of entries, or a policy that gives one for each host. */
export function readMax(value: unknown, max: Tunable): Reading<number | MaxPolicy> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return readWholeNumber(value, orNoLimit(max))
  return readPolicy(value as Readonly<Record<string, unknown>>, max)
}

/** 0, no limit, may be written: whether a host gets it is for the guard to say, which knows its kernel. */
function orNoLimit({ unit, maximum }: Tunable): NumberRange {
  return { unit, minimum: 0, maximum }
}

type Part = Partial<MaxPolicy>
type PartReader = (value: unknown, max: Tunable) => Reading<Part>

const parts: Readonly<Record<string, PartReader>> = {
  at_least: (value, max) => part(readWholeNumber(value, max), (atLeast) => ({ atLeast })),
  at_most: (value, max) => part(readWholeNumber(value, max), (atMost) => ({ atMost })),
  per_gib: (value, max) => part(readWholeNumber(value, max), (perGib) => ({ perGib })),
  per_core: (value, max) => part(readWholeNumber(value, max), (perCore) => ({ perCore })),
  peak_times: (value) => part(readFactor(value), (peakTimes) => ({ peakTimes })),
  memory_at_most: (value) => part(readMemory(value), (memoryAtMost) => ({ memoryAtMost })),
  never_lower: (value) => {
    const neverLower = booleanOf(value)
    return neverLower === undefined
      ? misread(`expected true or false, got ${showValue(value)}`, 'write true or false')
      : read({ neverLower })
  },
  preset: (value) =>
    typeof value === 'string' && isPresetName(value)
      ? read({ ...presets[value].policy })
      : misread(`there is no preset ${showValue(value)}`, `use one of ${Object.keys(presets).join(', ')}`),
}

const policyKeys = Object.keys(parts)

function readPolicy(written: Readonly<Record<string, unknown>>, max: Tunable): Reading<MaxPolicy> {
  let policy: MaxPolicy = { neverLower: false }
  // What stands beside a preset changes it, wherever it stands.
  const entries = Object.entries(written).sort(([one]) => (one === 'preset' ? -1 : 0))
  for (const [key, value] of entries) {
    const reader = Object.hasOwn(parts, key) ? parts[key] : undefined
    if (reader === undefined) {
      const close = nearest(key, policyKeys)
      return misread(
        `a policy for max has no key \`${showText(key)}\``,
        close === undefined ? `use some of ${policyKeys.join(', ')}` : `did you mean \`${close}\`?`,
      )
    }
    const reading = reader(value, max)
    if (!reading.ok) return misread(`${key}: ${reading.what}`, reading.remedy)
    policy = { ...policy, ...reading.value }
  }
  const { atLeast, perGib, perCore, peakTimes, atMost } = policy
  if ([atLeast, perGib, perCore, peakTimes].every((floor) => floor === undefined))
    return misread(
      'the policy for max has no floor, so it would ask for next to nothing',
      'add at_least, per_gib, per_core or peak_times, or a preset',
    )
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost)
    return misread(`at_least ${atLeast} is above at_most ${atMost}`, 'lower the one or raise the other')
  return read(policy)
}

function part<Value>(reading: Reading<Value>, name: (value: Value) => Part): Reading<Part> {
  return reading.ok ? read(name(reading.value)) : reading
}

function readFactor(value: unknown): Reading<number> {
  const number = typeof value === 'string' && /^\d{1,3}(\.\d{1,3})?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 1 && number <= 100
    ? read(number)
    : misread(`expected a factor, got ${showValue(value)}`, 'write a number from 1 to 100, such as 2 or 1.5')
}

const units = { MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** `5%`, `512MiB`, `2GiB`. */
function readMemory(value: unknown): Reading<{ percent: number } | { bytes: number }> {
  const text = typeof value === 'string' ? value.trim() : ''
  const percent = /^(\d{1,3}(?:\.\d{1,2})?) ?%$/.exec(text)?.[1]
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return read({ percent: Number(percent) })
  const [, amount, unit] = /^([1-9]\d{0,6}) ?(MiB|GiB)$/.exec(text) ?? []
  if (amount !== undefined) return read({ bytes: Number(amount) * units[unit as keyof typeof units] })
  return misread(
    `expected a share or an amount of memory, got ${showValue(value)}`,
    'write it as 5% (of RAM), 512MiB or 2GiB',
  )
}
