import type { RunResult } from '../host-result.ts'

/** All that the page shows. */
export interface ReportInput {
  readonly result: RunResult
  /** False for a run that did not come to its end. */
  readonly isComplete: boolean
  /** Results of past runs, the oldest first, this one last. */
  readonly history: readonly RunResult[]
  /** Who ran it, where: `ops@admin1`; null when not known. */
  readonly by: string | null
  /** The words of the command line, without secrets. */
  readonly words: readonly string[]
}
