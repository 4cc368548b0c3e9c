import { tableKeys } from '../kernel/table-keys.ts'
import { findTunable } from '../kernel/tunables.ts'
import { riskOf } from '../kernel/risky-neighbours.ts'
import { readSysctlValue } from '../playbook/read-sysctl-value.ts'
import { tunableReader } from '../playbook/read-tunable.ts'
import { sysctlKeyFault } from '../playbook/sysctl-key-fault.ts'
import type { Problem } from '../problem.ts'
import type { OtherLine, WrittenSetting } from './settings-lines.ts'

/** A setting that goes into the playbook. */
export interface Taken {
  readonly setting: WrittenSetting
  /** As the kernel prints it. */
  readonly value: string
  /** What there is to say of it, a clause each. */
  readonly remarks: readonly string[]
}

/** What becomes of the lines of a file. */
export interface Sorted {
  readonly taken: readonly Taken[]
  readonly left: readonly { readonly line: OtherLine; readonly why: string }[]
  /** All that somebody should look at, in the order of the lines. */
  readonly problems: readonly Problem[]
}

/**
 * Sorts settings into those that a playbook can wish and those that it cannot, and points out what is wrong with them.
 * Of several values for one variable the last one counts, as for `sysctl -p`.
 */
export function sortSettings(settings: readonly WrittenSetting[], others: readonly OtherLine[]): Sorted {
  const problems: Problem[] = []
  const left = others.map((line) => ({ line, why: 'it assigns nothing' }))
  const taken = new Map<string, Taken>()
  const point = (
    { file, line, column }: Pick<Problem, 'file' | 'line' | 'column'>,
    what: string,
    remedy: string,
  ) => problems.push({ file, ...(line && { line }), ...(column && { column }), what, remedy })

  for (const setting of settings) {
    const { file, line, column, valueColumn, key, canonical, form } = setting
    const leave = (why: string, remedy: string, at = column): void => {
      left.push({ line: { file, line, column, text: `${key} = ${setting.value}` }, why })
      point({ file, line, column: at }, why, remedy)
    }
    if (setting.typographicColumn !== null)
      point(
        { file, line, column: setting.typographicColumn },
        'typographic quotes or dashes stand in this line, which no shell and no kernel takes',
        'write plain ones',
      )
    const remarks: string[] = []
    if (
      form !== 'module' &&
      canonical.replaceAll('.', '/') !== key.replace(/^\/proc\/sys\//, '').replaceAll('.', '/')
    )
      remarks.push(`was ${key}`)
    const fault = canonical === tableKeys.hashsize ? undefined : sysctlKeyFault(canonical)
    if (fault !== undefined) {
      leave(fault.what, fault.remedy)
      continue
    }
    const read = readerFor(canonical)(setting.value)
    if (!read.ok) {
      for (const { what, remedy } of read.mistakes) leave(`${canonical}: ${what}`, remedy, valueColumn)
      continue
    }
    const danger = dangerOf(canonical, read.value)
    if (danger !== null) {
      point({ file, line, column: valueColumn }, danger, 'look at it before you apply the playbook')
      remarks.push(danger)
    }
    const sameAs = canonical === tableKeys.buckets ? tableKeys.hashsize : canonical
    const before = taken.get(sameAs)
    if (before !== undefined) {
      const { setting: earlier, value } = before
      const place = `${earlier.file}:${earlier.line}`
      if (value === read.value) {
        point(setting, `${canonical} is set to ${value} here and in ${place}`, 'one line is enough')
        remarks.push(`also in line ${earlier.line}`)
      } else {
        point(
          setting,
          `${canonical} is ${read.value} here and ${value} in ${place}${earlier.key === key ? '' : ` (as ${earlier.key})`}: the last one counts`,
          'keep the one you mean',
        )
        remarks.push(
          `line ${earlier.line} says ${value}${earlier.key === key ? '' : ` for ${earlier.key}`}; the last one counts`,
        )
      }
      // It stands where the last one stands.
      taken.delete(sameAs)
    }
    taken.set(sameAs, { setting, value: read.value, remarks })
  }
  return {
    taken: [...taken.values()],
    left: left.toSorted((one, other) => one.line.line - other.line.line),
    problems: problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)),
  }
}

function readerFor(key: string): ReturnType<typeof tunableReader> {
  const tunable = findTunable(key === tableKeys.hashsize ? tableKeys.buckets : key)
  return tunable === undefined ? readSysctlValue : (value) => tunableReader(tunable)(plainNumber(value))
}

/** A number of a file is a number of the playbook's. */
function plainNumber(value: unknown): unknown {
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value
}

function dangerOf(key: string, value: string): string | null {
  if (key === tableKeys.max && Number(value) < 16_384)
    return `max ${value} is less than any distribution gives: the table will be full soon`
  const { risk, why } = riskOf(key, value)
  return risk === 'no'
    ? null
    : `${key} = ${value}: ${why}; where that changes something, apply asks for --allow risky-neighbour`
}
