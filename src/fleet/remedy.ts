import type { HostFacts } from '../host/facts.ts'
import type { Reading, ReadingScope } from '../host/reading.ts'
import type { HostPlan } from '../plan/change.ts'
import type { GuardName } from '../plan/rule.ts'
import type { EarlierFacts } from '../plan/symptoms.ts'
import type { Truths } from '../plan/truths.ts'
import type { RemedySpec } from './remedy-spec.ts'

/** What is to become of a host: a play's wish, or the changes of a record. Pure data and pure functions. */
export interface Remedy {
  readonly spec: RemedySpec
  /** What has to be known of the host. */
  readonly reading: (scope: ReadingScope) => Reading
  /** Fixes what is wanted of one host, by its first reading. */
  readonly plannerFor: (facts: HostFacts, circumstances: Circumstances) => Planner
  /** Does it ask for the highest count in the records? */
  readonly needsPeakCount: boolean
}

/** What is wanted of one host. */
interface Planner {
  /** The plan of the first reading, or of a later one, to verify: nothing left to change means verified. */
  readonly plan: (facts: HostFacts) => HostPlan
  /** What there is to tell of the host besides; null where nothing was wished that could be told of. */
  readonly truths: (facts: HostFacts, earlier: EarlierFacts | null) => Truths | null
}

/** What a remedy may go by besides the host itself. */
interface Circumstances {
  readonly allowed: ReadonlySet<GuardName>
  /** The highest count in the records, or null. */
  readonly peakCount: number | null
}
