import type { HostResult } from '../report/host-result.ts'
import type { Stage } from '../ssh/failure.ts'

/** What happens during a run, in the order it happens; progress and records listen to the same events. */
export type RunEvent =
  | { readonly kind: 'play_started'; readonly play: string; readonly hosts: number }
  | { readonly kind: 'stage_reached'; readonly host: string; readonly stage: Stage }
  | { readonly kind: 'host_finished'; readonly result: HostResult }
  | { readonly kind: 'play_finished'; readonly play: string }
