import * as z from 'zod'
import type { Change } from '../plan/change.ts'
import { hostOrders, type Rollout } from '../playbook/rollout.ts'
import {
  type Command,
  commands,
  type FactsSummary,
  type HostResult,
  type Totals,
} from '../report/host-result.ts'
import { changeSchema, factsSummarySchema, hostResultSchema, totalsSchema } from '../report/result-schema.ts'

/** What is known when a run begins: `run.json`. */
export interface RunStart {
  readonly version: 1
  readonly run: string
  readonly command: Command
  readonly playbook: string
  /** The sources as given. */
  readonly inventory: readonly string[]
  /** Where relative paths began, and how each play was done: what a later run on the same hosts goes by. */
  readonly cwd?: string
  readonly plays?: readonly RecordedPlay[]
  /** The command line's words, with secrets already taken out. */
  readonly arguments: readonly string[]
  /** ISO 8601 with zone. */
  readonly started: string
  readonly controller: {
    readonly host: string
    readonly user: string
    readonly pid: number
    /** Of conntrackctl. */
    readonly version: string
  }
}

/** What a play says of its hosts as a whole. */
interface RecordedPlay {
  readonly play: string
  /** Null: what inventory and command line say. */
  readonly become: boolean | null
  readonly rollout: Rollout
}

/** How a run ended; in `run.json` as well, so that a list of runs need not read their results. */
export interface RunEnd {
  readonly finished: string
  readonly totals: Totals
}

/** A line of `journal.jsonl`, before the record adds the time. */
export type RecordEntry =
  | {
      /** Kept before the host is changed: what rollback needs if nothing more is ever heard of it. */
      readonly kind: 'planned'
      readonly host: string
      readonly play: string
      readonly facts: FactsSummary
      readonly changes: readonly Change[]
    }
  | { readonly kind: 'finished'; readonly result: HostResult }

const batchSize = z.object({ unit: z.enum(['hosts', 'percent']), amount: z.number() })

export const rolloutSchema = z.object({
  serial: z.array(batchSize).readonly().nullable(),
  order: z.enum(hostOrders),
  throttle: z.number().nullable(),
  maxFailPercentage: z.number().nullable(),
  settleSeconds: z.number(),
  holdSeconds: z.number(),
  // Records of earlier versions have none.
  confirmSeconds: z.number().nullable().default(null),
}) satisfies z.ZodType<Rollout>

export const runFileSchema = z.object({
  version: z.literal(1),
  run: z.string(),
  command: z.enum(commands),
  playbook: z.string(),
  inventory: z.array(z.string()),
  cwd: z.string().exactOptional(),
  plays: z
    .array(z.object({ play: z.string(), become: z.boolean().nullable(), rollout: rolloutSchema }))
    .exactOptional(),
  arguments: z.array(z.string()),
  started: z.string(),
  controller: z.object({ host: z.string(), user: z.string(), pid: z.number(), version: z.string() }),
  finished: z.string().exactOptional(),
  totals: totalsSchema.exactOptional(),
}) satisfies z.ZodType<RunStart & Partial<RunEnd>>

export const recordLineSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('planned'),
    at: z.string(),
    host: z.string(),
    play: z.string(),
    facts: factsSummarySchema,
    changes: z.array(changeSchema),
  }),
  z.object({ kind: z.literal('finished'), at: z.string(), result: hostResultSchema }),
]) satisfies z.ZodType<RecordEntry & { readonly at: string }>
