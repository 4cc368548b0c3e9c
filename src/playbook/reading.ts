/** What a value means, or all that keeps it from meaning anything. */
export type Reading<T> = { readonly ok: true; readonly value: T } | Misread

export interface Misread {
  readonly ok: false
  readonly mistakes: readonly PlacedMistake[]
}

/** The fact and the remedy, for a message. */
export interface Mistake {
  readonly what: string
  readonly remedy: string
}

interface PlacedMistake extends Mistake {
  /** From the value that was read down to what is wrong: keys, and indexes of items. */
  readonly path: readonly Step[]
  /** Is the last key itself wrong, and not what stands behind it? */
  readonly isKey: boolean
}

type Step = string | number

/**
 * Reads one value as somebody wrote it, in the playbook or in a variable that fills it. The same
 * reader serves both, so a value means the same wherever it comes from.
 */
export type Reader<T> = (value: unknown) => Reading<T>

export function read<T>(value: T): Reading<T> {
  return { ok: true, value }
}

export function misread(what: string, remedy: string): Misread {
  return { ok: false, mistakes: [{ what, remedy, path: [], isKey: false }] }
}

/** The same for a mistake that somebody else has found. */
export function refused({ what, remedy }: Mistake): Misread {
  return misread(what, remedy)
}

/** What was read under a key or index of a value: its mistakes stand there. */
export function below<T>(step: Step, reading: Reading<T>): Reading<T> {
  if (reading.ok) return reading
  return { ok: false, mistakes: reading.mistakes.map((one) => ({ ...one, path: [step, ...one.path] })) }
}

/** A key that the value must not have. */
export function wrongKey(key: string, { what, remedy }: Mistake): Misread {
  return { ok: false, mistakes: [{ what, remedy, path: [key], isKey: true }] }
}

/** The values, or the mistakes of all. */
export function all<T extends readonly unknown[]>(readings: {
  readonly [Index in keyof T]: Reading<T[Index]>
}): Reading<T> {
  const mistakes = readings.flatMap((reading) => (reading.ok ? [] : reading.mistakes))
  if (mistakes.length > 0) return { ok: false, mistakes }
  return read(readings.flatMap((reading) => (reading.ok ? [reading.value] : [])) as unknown as T)
}

/** Each item of a list by the same reader; all their mistakes, each at its item. */
export function readItems<T>(items: readonly unknown[], reader: Reader<T>): Reading<readonly T[]> {
  return all<readonly T[]>(items.map((item, index) => below(index, reader(item))))
}

/** `item 2: port: expected …`: a mistake in words, for who sees no place. */
export function mistakeText({ path, isKey, what }: PlacedMistake): string {
  const steps = isKey ? path.slice(0, -1) : path
  return [...steps.map((step) => (typeof step === 'number' ? `item ${step + 1}` : step)), what].join(': ')
}
