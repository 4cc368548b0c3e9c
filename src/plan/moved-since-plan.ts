import type { HostFacts } from '../host/facts.ts'
import type { Change, Finding } from './change.ts'

/** What was planned for a host, and on what kernel. */
export interface PlannedChanges {
  /** `uname -r` when it was planned. */
  readonly kernel: string
  readonly changes: readonly Change[]
}

/**
 * What has moved on a host since changes were planned there: wherever the same wish would now be brought about by other
 * ones. `now` is the plan of today. How many entries a drain finds moves all the time and does not count.
 */
export function movedSincePlan(
  { kernel, changes }: PlannedChanges,
  now: readonly Change[],
  facts: HostFacts,
  checksum: (text: string) => string,
): readonly Finding[] {
  const planned = new Map(changes.filter(isLasting).map((change) => [placeOf(change), change]))
  const today = new Map(now.filter(isLasting).map((change) => [placeOf(change), change]))
  const shown = (change: Change, value: string | null): string => show(change, value, checksum)
  const kernels = facts.kernel === kernel ? [] : [`the kernel is ${facts.kernel}, and was ${kernel}`]
  const gone = [...planned].flatMap(([place, change]) =>
    today.has(place)
      ? []
      : [`${change.key} is ${shown(change, change.after)} already, and was ${shown(change, change.before)}`],
  )
  const others = [...today].flatMap(([place, change]) => {
    const before = planned.get(place)
    if (before === undefined)
      return [`${change.key} is ${shown(change, change.before)}, and nothing was to be done to it`]
    if (before.before !== change.before)
      return [`${change.key} is ${shown(change, change.before)}, and was ${shown(change, before.before)}`]
    return isSame(before, change)
      ? []
      : [`${change.key} would become ${shown(change, change.after)}, and not ${shown(change, before.after)}`]
  })
  return [...kernels, ...gone, ...others].map((what) => ({
    code: 'moved-since-plan',
    severity: 'error',
    message: `moved since it was planned: ${what}`,
    hint: 'Make the plan anew, and look at what has become of this host.',
  }))
}

function isLasting({ kind }: Change): boolean {
  return kind !== 'drain'
}

function placeOf({ kind, path }: Change): string {
  return `${kind} ${path}`
}

function isSame(one: Change, other: Change): boolean {
  return (
    one.after === other.after &&
    one.commands?.make === other.commands?.make &&
    one.commands?.undo === other.commands?.undo
  )
}

/** A value as it is; of a text that may be long, how many lines it has and its checksum. */
function show({ kind }: Change, value: string | null, checksum: (text: string) => string): string {
  if (value === null) return 'missing'
  if (kind === 'live' || kind === 'module') return value
  const lines = value.split('\n').length - (value.endsWith('\n') ? 1 : 0)
  return `${lines} ${lines === 1 ? 'line' : 'lines'} (sha256 ${checksum(value)})`
}
