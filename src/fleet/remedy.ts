import type { HostFacts } from '../host/facts.ts'
import type { Reading, ReadingScope } from '../host/reading.ts'
import type { HostPlan } from '../plan/change.ts'
import type { GuardName } from '../plan/rule.ts'

/** What is to become of a host: a play's wish, or the changes of a record. Pure data and pure functions. */
export interface Remedy {
  /** What has to be known of the host. */
  readonly reading: (scope: ReadingScope) => Reading
  /**
   * Fixes what is wanted of one host, by its first reading. The function it gives makes the plan of that
   * reading, and of a later one to verify: nothing left to change means verified.
   */
  readonly plannerFor: (facts: HostFacts, circumstances: Circumstances) => (facts: HostFacts) => HostPlan
  /** Does it ask for the highest count in the records? */
  readonly needsPeakCount: boolean
}

/** What a remedy may go by besides the host itself. */
export interface Circumstances {
  readonly allowed: ReadonlySet<GuardName>
  /** The highest count in the records, or null. */
  readonly peakCount: number | null
}
