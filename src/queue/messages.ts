import * as z from 'zod'
import type { RemedySpec } from '../fleet/remedy-spec.ts'
import type { ReadingScope } from '../host/reading.ts'
import { type GuardName, guardNames } from '../plan/rule.ts'
import { changeSchema, factsSummarySchema, hostResultSchema } from '../report/result-schema.ts'
import type { Stage } from '../ssh/failure.ts'
import type { History } from '../usage/usage.ts'
import type { Opened } from './signed-text.ts'

// All that goes through Redis: each message is one line of JSON, sealed by who says it. A job says what to do, and is
// not enough to do it. A runner that takes it makes a nonce and asks; the coordinator lets one nonce begin, once.

const word = z.string().max(1000)
/** What every message but the job begins with: one taking of one job. */
const taking = { run: word, job: word, nonce: z.string().length(32) }

/** How the run treats every host: the part of a Manner that is data. */
const mannerSchema = z.object({
  mode: z.enum(['read', 'apply']),
  scope: z.enum(['plan', 'verify']) satisfies z.ZodType<ReadingScope>,
  allowed: z.array(z.custom<GuardName>((value) => guardNames.some((guard) => guard === value))),
  who: word,
})

/** One host and what is to become of it. */
export const jobSchema = z.object({
  kind: z.literal('job'),
  version: word,
  run: word,
  job: word,
  zone: word,
  /** Seconds without an answer after which the other one counts as lost. */
  timeoutSeconds: z.number().min(1).max(86_400),
  manner: mannerSchema,
  label: z.object({ host: word, play: word }),
  /** How to reach it, as the inventory says: no secret is among these. */
  vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  // What a coordinator of the same version made, and signed.
  spec: z.custom<RemedySpec>((value) => typeof value === 'object' && value !== null),
  history: z.custom<History>((value) => typeof value === 'object' && value !== null),
  peakCount: z.number().nullable(),
  confirmSeconds: z.number().nullable(),
  /** Set where the host is to be read again that has this result. */
  revisit: z
    .object({
      earlier: hostResultSchema,
      reason: z.enum(['settle', 'hold']),
      afterSeconds: z.number(),
    })
    .nullable(),
})

export type JobMessage = z.output<typeof jobSchema>

/** What runners say. */
export const toCoordinatorSchema = z.discriminatedUnion('kind', [
  /** May I begin? */
  z.object({ kind: z.literal('take'), ...taking, runner: word, hash: word }),
  /** I am another version, and will not. */
  z.object({ kind: z.literal('refused'), ...taking, runner: word, version: word }),
  z.object({
    kind: z.literal('stage'),
    ...taking,
    stage: z.enum(['connect', 'login', 'become', 'read', 'apply', 'verify']) satisfies z.ZodType<Stage>,
  }),
  /** May I make these changes? */
  z.object({
    kind: z.literal('planned'),
    ...taking,
    facts: factsSummarySchema,
    changes: z.array(changeSchema),
  }),
  z.object({ kind: z.literal('ended'), ...taking, runner: word, result: hostResultSchema }),
])

export type ToCoordinator = z.output<typeof toCoordinatorSchema>

/** What has to be answered even where the rest of it is no message: whoever asks would wait for ever. */
export const questionHeadSchema = z.object({ kind: z.enum(['planned', 'ended']), ...taking })

export type QuestionHead = z.output<typeof questionHeadSchema>

/** What the coordinator answers. */
export const toRunnerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('go'), ...taking, hash: word }),
  /** Somebody else has begun it, or nobody shall. */
  z.object({ kind: z.literal('no'), ...taking }),
  /** The plan of that hash is on disk, or could not be written: only then may the host be changed. */
  z.object({ kind: z.literal('kept'), ...taking, plan: word, isKept: z.boolean() }),
  /** The result is here. */
  z.object({ kind: z.literal('got'), ...taking }),
  /** Cut all connections of the run. */
  z.object({ kind: z.literal('cut'), run: word }),
])

export type ToRunner = z.output<typeof toRunnerSchema>

/** Who says something: whose key it is, and of which zones its word counts (null: all). */
export interface Speaker {
  readonly fingerprint: string
  readonly zones: ReadonlySet<string> | null
}

export type Read<Message> =
  | { readonly ok: true; readonly message: Message; readonly speaker: Speaker }
  | { readonly ok: false; readonly why: string }

/** What was sealed, where somebody who is trusted sealed it and it is a message of that form. Never throws. */
export function readMessage<Schema extends z.ZodType>(
  opened: Opened,
  schema: Schema,
): Read<z.output<Schema>> {
  if (!opened.ok) return opened
  try {
    const { text, fingerprint, zones } = opened
    return { ok: true, message: schema.parse(JSON.parse(text)), speaker: { fingerprint, zones } }
  } catch {
    return { ok: false, why: 'it is not a message of this version' }
  }
}
