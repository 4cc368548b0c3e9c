/** What a value means, or why it means nothing: the fact and the remedy, for a message. */
export type Reading<T> = { readonly ok: true; readonly value: T } | Misreading

export interface Misreading {
  readonly ok: false
  readonly what: string
  readonly remedy: string
}

/**
 * Reads one value as somebody wrote it, in the playbook or in a variable that fills it. The same
 * reader serves both, so a value means the same wherever it comes from.
 */
export type Reader<T> = (value: unknown) => Reading<T>

export function read<T>(value: T): Reading<T> {
  return { ok: true, value }
}

export function misread(what: string, remedy: string): Misreading {
  return { ok: false, what, remedy }
}
