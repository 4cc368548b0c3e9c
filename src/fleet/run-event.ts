import type { Change } from '../plan/change.ts'
import type { HostResult, Status } from '../report/host-result.ts'
import type { Stage } from '../ssh/failure.ts'

/** What happens during a run, in the order it happens; progress and records listen to the same events. */
export type RunEvent =
  | { readonly kind: 'play_started'; readonly play: string; readonly hosts: number }
  | {
      readonly kind: 'batch_started'
      readonly play: string
      /** From 1. */
      readonly number: number
      readonly batches: number
      readonly hosts: number
    }
  | { readonly kind: 'stage_reached'; readonly host: string; readonly stage: Stage }
  /** What is about to be changed on a host. */
  | {
      readonly kind: 'host_planned'
      readonly host: string
      readonly play: string
      readonly changes: readonly Change[]
    }
  | { readonly kind: 'host_finished'; readonly result: HostResult }
  /** So many hosts are left alone before they are read again. */
  | { readonly kind: 'waiting'; readonly play: string; readonly seconds: number; readonly hosts: number }
  /** A host that had finished was read again; `before` is the status that it had. */
  | { readonly kind: 'host_revised'; readonly result: HostResult; readonly before: Status }
  /** A batch of several has ended: the next one begins, or `stopped` says why not. */
  | {
      readonly kind: 'gate'
      readonly play: string
      readonly number: number
      readonly stopped: string | null
    }
  | { readonly kind: 'play_finished'; readonly play: string }
