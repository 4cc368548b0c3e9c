import type { Diagnosis } from '../diagnose/diagnosis.ts'
import type { Change, ChangeState, Finding } from '../plan/change.ts'
import type { Truths } from '../plan/truths.ts'
import type { Usage } from '../usage/usage.ts'
import type { FailureKind, Stage } from '../ssh/failure.ts'

export const statuses = [
  'ok',
  'changed',
  'pending',
  'failed',
  'unreachable',
  'skipped',
  'unsupported',
  'unknown',
] as const

export type Status = (typeof statuses)[number]

/** How one host ended in one play: the same fields for every outcome. */
export interface HostResult {
  readonly host: string
  readonly play: string
  readonly status: Status
  /** Null when the host was never read. */
  readonly facts: FactsSummary | null
  readonly changes: readonly ResultChange[]
  readonly findings: readonly Finding[]
  readonly error: ResultError | null
  /** What `verify` tells of a host that was read. */
  readonly truths?: Truths
  /** What `check` tells of a host that was read. */
  readonly usage?: Usage
  /** What `diagnose` tells of a host whose table could be read. */
  readonly diagnosis?: Diagnosis
  /** How often the host was tried before it let us in, or was given up; absent when the first try did. */
  readonly tries?: number
  /** Where the changes had to be confirmed over a new connection. */
  readonly confirmation?: Confirmation
}

/** How far it got: `unconfirmed` when nobody knows yet whether the host has put back. */
export interface Confirmation {
  readonly within_seconds: number
  readonly reasons: readonly string[]
  readonly state: 'confirmed' | 'reverted' | 'unconfirmed'
}

export interface ResultChange extends Change {
  readonly state: ChangeState
}

export interface ResultError {
  readonly kind: FailureKind | 'refused_by_guard' | 'internal'
  readonly stage: Stage
  readonly message: string
  readonly hint: string
}

export interface FactsSummary {
  readonly kernel: string
  /** Entries. */
  readonly count: number | null
  /** Entries. */
  readonly max: number | null
  /** Buckets. */
  readonly hashsize: number | null
  /** What a full table takes: entries and buckets. */
  readonly memory_bytes: number | null
  /** Of the running kernel; counters begin anew with it. */
  readonly boot_id?: string
  /** Since boot, over all CPUs: `drop`, `early_drop`, `insert_failed`, `chainlength`, … */
  readonly statistics?: Readonly<Record<string, number>>
}

export type Totals = Readonly<Record<Status, number>>

export const commands = ['plan', 'apply', 'verify', 'rollback', 'check', 'diagnose'] as const

export type Command = (typeof commands)[number]

/** What a whole run came to: the contract of `--output json`. */
export interface RunResult {
  readonly version: 1
  readonly run: string
  readonly command: Command
  readonly playbook: string
  /** ISO 8601 with zone. */
  readonly started: string
  readonly finished: string
  readonly hosts: readonly HostResult[]
  readonly totals: Totals
  /** What there is to know about the run itself, a sentence each: its record is incomplete, it was stopped, … */
  readonly notes?: readonly string[]
}

export function countStatuses(hosts: readonly HostResult[]): Totals {
  const totals = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>
  for (const { status } of hosts) totals[status] += 1
  return totals
}
