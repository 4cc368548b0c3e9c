import type { ReadingScope } from '../../host/reading.ts'
import type { Change } from '../../plan/change.ts'
import type { GuardName } from '../../plan/rule.ts'
import type { FactsSummary, HostResult } from '../../report/host-result.ts'
import type { Question } from '../../ssh/ask.ts'
import type { Stage } from '../../ssh/failure.ts'
import type { PlainTarget } from '../../ssh/plain-target.ts'
import type { History } from '../../usage/usage.ts'
import type { Label } from '../host-outcome.ts'
import type { RemedySpec } from '../remedy-spec.ts'
import type { Revisit } from '../revisit-host.ts'

/** What a thread is told when it is started. */
export interface ThreadStart {
  readonly mode: 'read' | 'apply'
  readonly scope: ReadingScope
  readonly allowed: readonly GuardName[]
  readonly who: string
  /** Is there anybody who can answer a host's questions? */
  readonly canAsk: boolean
}

/** A host's work as data. */
export interface PlainJob {
  readonly label: Label
  readonly target: PlainTarget
  readonly spec: RemedySpec
  readonly history: History
  readonly peakCount: number | null
  readonly confirmSeconds: number | null
}

/** `id` names a job, or a question; a thread answers each once. */
export type ToThread =
  | { readonly kind: 'remedy'; readonly id: number; readonly job: PlainJob }
  | {
      readonly kind: 'revisit'
      readonly id: number
      readonly job: PlainJob
      readonly result: HostResult
      readonly revisit: Revisit
    }
  /** The plan of this job is on disk, or could not be written: only then may the host be changed. */
  | { readonly kind: 'kept'; readonly id: number; readonly isKept: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly text: string | null }
  /** Cuts all connections at once. */
  | { readonly kind: 'cut' }
  /** Nothing more will come. */
  | { readonly kind: 'end' }

export type FromThread =
  | { readonly kind: 'stage'; readonly host: string; readonly stage: Stage }
  | {
      readonly kind: 'planned'
      readonly id: number
      readonly facts: FactsSummary
      readonly changes: readonly Change[]
    }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'ended'; readonly id: number; readonly result: HostResult }
