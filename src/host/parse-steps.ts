import type { Change } from '../plan/change.ts'
import type { FailureKind } from '../ssh/failure.ts'
import type { Applied } from './apply-changes.ts'

/** Why the host stopped and put back. */
export interface StepFailure {
  readonly kind: FailureKind
  /** The change that failed, from 0; null when the guard before the first one did. */
  readonly index: number | null
  readonly message: string
  readonly hint: string
}

/** What became of the entries that fitted a filter. */
export interface Drained {
  readonly deleted: number
  /** Gone or used again by the time that it was their turn. */
  readonly spared: number
  /** Not tried, or not in time. */
  readonly left: number
}

/** Reads the `step`, `back` and `was` lines of apply.sh, and the `drained` ones of drain.sh. */
export function parseSteps(
  answer: string,
  changes: readonly Change[],
): Pick<Applied, 'failure' | 'done' | 'stuck' | 'removed' | 'drained'> {
  const done = new Set<number>()
  const stuck = new Set<number>()
  const removed = new Map<number, string>()
  const drained = new Map<number, Drained>()
  let failure: StepFailure | null = null
  for (const line of answer.split('\n')) {
    const step = /^step (\d{1,4}) (?:(done)|failed (\w+) ?(.*))$/.exec(line)
    const back = /^back (\d{1,4}) (\d{1,3})$/.exec(line)
    const was = /^was (\d{1,4}) -([-rwxsStT]{9})\S* +\d+ +(\d{1,10}) +(\d{1,10}) /.exec(line)
    const drain = /^drained (\d{1,4}) (\d{1,9}) (\d{1,9}) (\d{1,9})$/.exec(line)
    if (drain)
      drained.set(Number(drain[1]) - 1, {
        deleted: Number(drain[2]),
        spared: Number(drain[3]),
        left: Number(drain[4]),
      })
    if (was) removed.set(Number(was[1]) - 1, `${octal(was[2] ?? '')} ${was[3]}:${was[4]}`)
    if (step?.[2] !== undefined) done.add(Number(step[1]) - 1)
    else if (step)
      failure ??= describe(Number(step[1]) - 1, step[3] ?? '', (step[4] ?? '').slice(0, 500), changes)
    if (back) {
      done.delete(Number(back[1]) - 1)
      if (back[2] !== '0') stuck.add(Number(back[1]) - 1)
    }
  }
  return { failure, done, stuck, removed, drained }
}

/** `rw-r-----` as 640. */
function octal(mode: string): string {
  const bits = mode.split('').map((letter) => (/[rwxst]/.test(letter) ? 1 : 0))
  return [0, 3, 6].map((at) => (bits[at] ?? 0) * 4 + (bits[at + 1] ?? 0) * 2 + (bits[at + 2] ?? 0)).join('')
}

function describe(index: number, kind: string, why: string, changes: readonly Change[]): StepFailure {
  const change = changes[index]
  const what = change?.key ?? 'what guards the change'
  const at = change === undefined ? null : index
  const reason = why.replace(/^.*: /, '').trim() || 'no reason given'
  if (kind === 'moved')
    return {
      kind: 'moved',
      index: at,
      message: change ? why : 'a value changed between reading and writing',
      hint: 'Somebody else is changing this host: find out who, then run again.',
    }
  if (kind === 'locked')
    return {
      kind: 'locked',
      index: null,
      message: `another run is changing this host: ${why.trim() || 'it does not say which'}`,
      hint: 'Run again when that one has ended.',
    }
  if (kind === 'interrupted')
    return {
      kind: 'moved',
      index: null,
      message: 'another run was killed while it changed this host, after it was read',
      hint: 'Run again: what that run left is put back first.',
    }
  if (kind === 'guard')
    return {
      kind: 'command',
      index: null,
      message: `nothing was changed: ${why.trim()}`,
      hint: 'The host is very busy, or lets no process outlive its shell: run again.',
    }
  if (kind === 'late')
    return {
      kind: 'not_confirmed',
      index: at,
      message: why,
      hint: 'Give it more time with confirm_within, or find out what makes the host so slow.',
    }
  if (/No space left|quota exceeded/i.test(why))
    return {
      kind: 'disk_full',
      index: at,
      message: `${what} could not be written: ${reason}`,
      hint: 'Free some space there and run again.',
    }
  if (/Read-only file system|Permission denied|Operation not (permitted|supported)/i.test(why))
    return {
      kind: 'read_only',
      index: at,
      message: `${what} could not be written: ${reason}`,
      hint: 'A container or a read-only system? Make the change where it is managed.',
    }
  if (kind === 'value')
    return {
      kind: 'refused_by_kernel',
      index: at,
      message: `the kernel refused ${change?.after ?? ''} for ${what}: ${reason}`,
      hint: 'The value is outside what this kernel takes.',
    }
  if (kind === 'module')
    return {
      kind: 'command',
      index: at,
      message: `modprobe ${what}: ${why}`,
      hint: 'The module may be missing from this kernel, or be forbidden in /etc/modprobe.d.',
    }
  return {
    kind: 'command',
    index: at,
    message: `${what}: ${reason}`,
    hint: 'Mend that on the host, then run again.',
  }
}
