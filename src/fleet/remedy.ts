import type { HostFacts } from '../host/facts.ts'
import type { Reading, ReadingScope } from '../host/reading.ts'
import type { Finding, HostPlan } from '../plan/change.ts'
import type { GuardName } from '../plan/rule.ts'
import type { HostResult } from '../report/host-result.ts'
import type { History } from '../usage/usage.ts'
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
  /** Holds the plan of the first reading against what was to be expected of the host; absent: anything was. */
  readonly expected?: (plan: HostPlan) => HostPlan
  /** What there is to tell of the host besides: of a command that only reads. */
  readonly tell: (facts: HostFacts, history: History) => Told
}

/** More of a host's result; findings are added to those of the plan, a status takes the place of the plan's. */
interface Told extends Partial<Pick<HostResult, 'truths' | 'usage' | 'diagnosis' | 'status'>> {
  readonly findings?: readonly Finding[]
}

/** What a remedy may go by besides the host itself. */
interface Circumstances {
  readonly allowed: ReadonlySet<GuardName>
  /** The highest count in the records, or null. */
  readonly peakCount: number | null
}
