import { readShard, type Shard } from '../inventory/shard.ts'
import { parseDuration } from '../playbook/duration.ts'
import type { Keep } from '../record/prune-runs.ts'
import { readRecordedGroup, recordedGroups } from '../record/recorded-groups.ts'
import { InvalidArgumentError } from 'commander'

// What stands behind an option, read: each throws commander's InvalidArgumentError, which names the option.

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

export function oneOf<Name extends string>(
  names: readonly Name[],
): (value: string, before: readonly Name[]) => readonly Name[] {
  return (value, before) => {
    const name = names.find((candidate) => candidate === value)
    if (name === undefined) throw new InvalidArgumentError(`Allowed are ${names.join(', ')}.`)
    return [...before, name]
  }
}

/** A whole number between two bounds. */
export function count(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < minimum || number > maximum)
      throw new InvalidArgumentError(`A whole number from ${minimum} to ${maximum} is expected.`)
    return number
  }
}

export function shard(written: string): Shard {
  const read = readShard(written)
  if (read === null) throw new InvalidArgumentError('A part of a whole is expected: 3/8.')
  return read
}

/** Seconds, from `90s`, `10m` or plain seconds. */
export function duration(value: string): number {
  const seconds = /^\d{1,7}$/.test(value) ? Number(value) : parseDuration(value)
  if (seconds === undefined || seconds < 1)
    throw new InvalidArgumentError('A time is expected: 90s, 10m, 1h.')
  return seconds
}

export function url(value: string): string {
  // The address stands in that file.
  if (/^@./.test(value)) return value
  const parsed = URL.canParse(value) ? new URL(value) : null
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return value
  throw new InvalidArgumentError('An address is expected that begins with https:// or http://, or @file.')
}

export function keep(value: string): Keep {
  const [, digits = '', days = ''] = /^([1-9]\d{0,5})(d?)$/.exec(value) ?? []
  if (digits === '') throw new InvalidArgumentError('A number of runs (100) or of days (30d) is expected.')
  return days === 'd' ? { days: Number(digits) } : { runs: Number(digits) }
}

export function recorded(value: string): string {
  if (readRecordedGroup(value) !== null) return value
  throw new InvalidArgumentError(
    `Allowed are ${Object.keys(recordedGroups).join(', ')}, or one of them with @RUN.`,
  )
}
