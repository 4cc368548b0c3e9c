/** A question of a host that only a person can answer, such as for a one-time code. */
export interface Question {
  /** The inventory's name of the host that asks. */
  readonly host: string
  /** The host's words, printable, on one line. */
  readonly text: string
  /** False where the answer must not be seen while it is typed. */
  readonly isShown: boolean
}

/** Asks the person at the terminal; one question at a time is up to the implementation. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<string>
