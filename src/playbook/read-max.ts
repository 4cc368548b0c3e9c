import type { MaxPolicy } from '../kernel/max-policy.ts'
import { isPresetName, presets } from '../kernel/presets.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { readBoolean } from './read-boolean.ts'
import { type NumberRange, readWholeNumber } from './read-number.ts'
import { isMapping, mapped, readParts } from './read-parts.ts'
import { misread, read, type Reader, type Reading } from './reading.ts'
import { showValue } from '../show-value.ts'

/** A number of entries, or a policy that gives one for each host. */
export function readMax(value: unknown, max: Tunable): Reading<number | MaxPolicy> {
  return isMapping(value) ? readPolicy(value, max) : readWholeNumber(value, orNoLimit(max))
}

/** 0, no limit, may be written: whether a host gets it is for the guard to say, which knows its kernel. */
function orNoLimit({ unit, maximum }: Tunable): NumberRange {
  return { unit, minimum: 0, maximum }
}

type Part = Partial<MaxPolicy>

function partReaders(max: Tunable): Readonly<Record<string, Reader<Part>>> {
  const entries: Reader<number> = (value) => readWholeNumber(value, max)
  return {
    at_least: (value) => mapped(entries(value), (atLeast) => ({ atLeast })),
    at_most: (value) => mapped(entries(value), (atMost) => ({ atMost })),
    per_gib: (value) => mapped(entries(value), (perGib) => ({ perGib })),
    per_core: (value) => mapped(entries(value), (perCore) => ({ perCore })),
    peak_times: (value) => mapped(readFactor(value), (peakTimes) => ({ peakTimes })),
    memory_at_most: (value) => mapped(readMemory(value), (memoryAtMost) => ({ memoryAtMost })),
    never_lower: (value) => mapped(readBoolean(value), (neverLower) => ({ neverLower })),
    preset: (value) =>
      typeof value === 'string' && isPresetName(value)
        ? read({ ...presets[value].policy })
        : misread(`there is no preset ${showValue(value)}`, `use one of ${Object.keys(presets).join(', ')}`),
  }
}

function readPolicy(written: Readonly<Record<string, unknown>>, max: Tunable): Reading<MaxPolicy> {
  const { preset, ...beside } = written
  // What stands beside a preset changes it, wherever it stands.
  const ordered = preset === undefined ? beside : { preset, ...beside }
  const parts = readParts(ordered, partReaders(max), 'a policy for max')
  if (!parts.ok) return parts
  const policy: MaxPolicy = { neverLower: false, ...parts.value }
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
