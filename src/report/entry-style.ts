import type { Paint } from './paint.ts'

/** How an entry is drawn. */
export interface EntryStyle {
  readonly paint: Paint
  /** Columns; Infinity never wraps. */
  readonly width: number
  readonly isVerbose: boolean
  readonly hasDiffs: boolean
  /** Name the play: there are several in this run. */
  readonly hasPlays: boolean
}
