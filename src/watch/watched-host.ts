import type { FailureKind } from '../ssh/failure.ts'
import { SampleHistory } from './sample-history.ts'

/** What is known of one host that is watched. */
export interface WatchedHost {
  readonly host: string
  readonly history: SampleHistory
  /**
   * `live`: its numbers are fresh. `no_table`: conntrack is not loaded there. `lost`: it is tried again. `refused`: it
   * would be refused again, so it is left alone until somebody asks for another try.
   */
  state: 'connecting' | 'live' | 'no_table' | 'lost' | 'refused'
  /** Why it is not live. */
  error: { readonly kind: FailureKind | 'internal'; readonly message: string; readonly hint: string } | null
  /** Seconds of the same clock as the history's; when the last answer came. */
  answeredAtSeconds: number | null
  /** Of the last answer: from the question to its end. */
  roundTripMilliseconds: number | null
  /** Failures in a row. */
  failures: number
}

export function newWatchedHost(host: string): WatchedHost {
  return {
    host,
    history: new SampleHistory(),
    state: 'connecting',
    error: null,
    answeredAtSeconds: null,
    roundTripMilliseconds: null,
    failures: 0,
  }
}
