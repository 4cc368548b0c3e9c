import { printable } from './printable.ts'

/** One thing that is wrong in what the user wrote, with the place where it stands. */
export interface Problem {
  /** Path as the user gave it, or `--option` for a command line. */
  readonly file: string
  /** 1-based; absent when the whole file is meant. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
  /** The fact: what was found and what was expected. */
  readonly what: string
  /** What to do about it. */
  readonly remedy: string
}

/**
 * `file:line:column: what; remedy`, the one form in which a problem is shown. One line, and nothing in
 * it that a terminal obeys, whatever stands in a file or in its name.
 */
export function formatProblem({ file, line, column, what, remedy }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return printable(`${place}: ${what}; ${remedy}`)
}

/**
 * A playbook or inventory that cannot be used (exit 65). Carries every problem found, so that the
 * user mends all of them in one go; thrown before any host is contacted.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** A command line that cannot be understood (exit 64). */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Another run holds the lock (exit 75). */
export class LockedError extends Error {
  override readonly name = 'LockedError'
}

/** The queue that the runners share cannot be used (exit 69). */
export class QueueError extends Error {
  override readonly name = 'QueueError'
}
