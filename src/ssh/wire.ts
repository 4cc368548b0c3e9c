/** How a remote program ended; null when the host did not say. */
export type Exit = { readonly code: number | null; readonly signal: string | null } | null

/** What a shell at the other end does. */
interface WireListener {
  readonly output: (chunk: Buffer) => void
  readonly errors: (chunk: Buffer) => void
  /** The shell has ended, and all it said has been heard. */
  readonly ended: (exit: Exit) => void
  /** What carries it broke; `reason` is in words of the network or of a library. */
  readonly lost: (reason: string) => void
}

/** A shell's standard streams, whatever carries them. */
export interface Wire {
  /** To be called once, before anything else happens. */
  listen(listener: WireListener): void
  write(text: string): void
  /** The answer to what was asked last, to where that was asked. */
  answer(text: string): void
  /** Returns at once. `politely` lets the other end close first, `at once` is for one that may talk for ever. */
  hangUp(manner: 'politely' | 'at once'): void
}
