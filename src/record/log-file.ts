import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { UsageError } from '../problem.ts'
import { systemWords } from '../system-words.ts'

/** A log that grows by whole lines. */
export interface LogFile extends Disposable {
  /** Adds a line. Never throws: a log that cannot be kept does not stop a run. */
  write(line: object): void
  /** Why it is incomplete, or null. */
  readonly problem: string | null
}

/** Milliseconds between two looks at whether the file was moved away, as logrotate does it. */
const lookMilliseconds = 1000

/**
 * Opens a log to add lines to: each is one write(2) to a file opened for appending, so that lines of several runs never
 * mix, and the file is never truncated. One that is moved away is begun anew. Throws UsageError where it cannot be opened.
 */
export function openLogFile(path: string): LogFile {
  let file = open(path)
  let lookedAt = performance.now()
  let problem: string | null = null
  const reopenIfMoved = (): void => {
    if (performance.now() - lookedAt < lookMilliseconds) return
    lookedAt = performance.now()
    const there = statSync(path, { throwIfNoEntry: false })
    const ours = fstatSync(file)
    if (there?.ino === ours.ino && there.dev === ours.dev) return
    const fresh = open(path)
    closeSync(file)
    file = fresh
  }
  return {
    write: (line) => {
      if (problem !== null) return
      try {
        reopenIfMoved()
        const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
        // A full disk takes a part of it; what would follow a torn line is lost as well.
        if (writeSync(file, bytes) < bytes.length) problem = `${path}: a line was written in part only`
      } catch (error) {
        problem = `${path}: ${systemWords(error)}`
      }
    },
    get problem() {
      return problem
    },
    [Symbol.dispose]: () => closeSync(file),
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch (error) {
    throw new UsageError(
      `--log-file ${path}: ${systemWords(error)}; name a file in a folder that is there and may be written`,
      {
        cause: error,
      },
    )
  }
}
