import type { BootFile, BootLine } from './boot-system.ts'
import type { Loser, Place } from './boot-prediction.ts'

/** What one line says, as the program that reads it takes it. */
export interface Statement {
  /** Below /proc/sys, in the form in which the program compares paths; may be a glob. */
  readonly path: string
  /** Null: the line only keeps globs away from its path (`-net.x`). */
  readonly value: string | null
  /** The key as the line has it. */
  readonly spelled: string
  readonly place: Place
}

/** One write to a file below /proc/sys. */
export interface SysctlWrite {
  readonly path: string
  /** Null: something unreadable may be written here, and to any other path. */
  readonly value: string | null
  readonly spelled: string
  readonly place: Place
  /** Why it is not sure that this is written; a clause. */
  readonly doubt?: string
  /** When the kernel refuses the value, the rest of the file is not applied. */
  readonly endsFile?: boolean
}

/** What a program does with the files it reads, in its order, and the lines that it never uses. */
export interface PassResult {
  readonly writes: readonly SysctlWrite[]
  readonly idle: readonly IdleLine[]
}

/** A line that its program never uses for this path, which may be a glob. */
export interface IdleLine extends Loser {
  readonly path: string
}

/** Where a line stands: in the file itself, when it is read through a link. */
export function placeOf(file: BootFile, { line }: BootLine): Place {
  return file.link === null ? { file: file.path, line } : { file: file.link, line, via: file.path }
}

/** The statement as a line that is never used. */
export function idle({ path, spelled, value, place }: Statement, reason: string): IdleLine {
  return { ...place, path, key: spelled, value: value ?? '', reason }
}

/** `/etc/sysctl.conf:3`, and through which link. */
export function showPlace({ file, line, via }: Place): string {
  return via === undefined ? `${file}:${line}` : `${file}:${line} (through ${via})`
}

/** Stands for whatever an unreadable file would set. */
export function unreadableWrite(file: BootFile): SysctlWrite {
  return {
    path: '',
    value: null,
    spelled: '',
    place: { file: file.path, line: 0 },
    doubt: `${file.path} could not be read`,
  }
}
