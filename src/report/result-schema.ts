import * as z from 'zod'
import { diagnosisSchema } from './diagnosis-schema.ts'
import { isoTime } from './iso-time.ts'
import { tied } from './tied.ts'
import { usageSchema } from './usage-schema.ts'
import type { Change, Finding } from '../plan/change.ts'
import type { Truths } from '../plan/truths.ts'
import {
  commands,
  statuses,
  type Confirmation,
  type FactsSummary,
  type HostResult,
  type ResultChange,
  type ResultError,
  type RunResult,
  type Totals,
} from './host-result.ts'

// Words that grow with the program stay open: a new kind of failure must not break somebody's validator.
const word = z.string().regex(/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/)
const whole = z.int().min(0)

const change = z.object({
  kind: z.enum(['live', 'file', 'module', 'rule', 'drain']),
  key: z.string().describe("a sysctl key, `hashsize`, a file's path or a module's name"),
  path: z.string().describe('where it stands on the host'),
  before: z.string().nullable().describe('what stood there; null when nothing did'),
  after: z.string().nullable().describe('what stands there then; null when it is removed'),
  reason: z.string().describe('for people'),
  attributes: z
    .string()
    .regex(/^[0-7]{3} \d+:\d+$/)
    .exactOptional()
    .describe('of a file that was removed: its mode and owner, which a rollback gives it again'),
  commands: z
    .object({ make: z.string(), undo: z.string() })
    .exactOptional()
    .describe('of a `rule`: what makes and what undoes it'),
})

export const changeSchema = tied<Change>()(change)

const resultChange = tied<ResultChange>()(
  change.extend({ state: z.enum(['planned', 'applied', 'verified', 'failed']) }).meta({ id: 'Change' }),
)

const finding = tied<Finding>()(
  z
    .object({
      code: word.describe('a stable word for programs'),
      severity: z.enum(['info', 'warning', 'error']),
      message: z.string(),
      hint: z.string().describe('what to do about it'),
    })
    .meta({ id: 'Finding' }),
)

const error = tied<ResultError>()(
  z
    .object({
      kind: word.describe('what went wrong, in one word'),
      stage: word.describe('how far the host had got'),
      message: z.string(),
      hint: z.string().describe('what to do about it'),
    })
    .meta({ id: 'Error' }),
)

export const factsSummarySchema = tied<FactsSummary>()(
  z
    .object({
      kernel: z.string().describe('uname -r'),
      count: whole.nullable().describe('entries'),
      max: whole.nullable().describe('entries'),
      hashsize: whole.nullable().describe('buckets'),
      memory_bytes: whole.nullable().describe('what a full table takes, entries and buckets'),
      boot_id: z.string().exactOptional().describe('of the running kernel; counters begin anew with it'),
      statistics: z
        .record(z.string(), whole)
        .exactOptional()
        .describe('counters since boot, over all CPUs, by the names of /proc/net/stat/nf_conntrack'),
    })
    .meta({ id: 'Facts' }),
)

const keyTruth = {
  key: z.string(),
  wished: z.string(),
  value: z.string().nullable().describe('null when it is not there, or not known'),
  as_wished: z.boolean(),
}

const truths = tied<Truths>()(
  z
    .object({
      live: z.array(z.object(keyTruth)).readonly().describe('what the kernel holds now'),
      boot: z
        .array(
          z.object({
            ...keyTruth,
            decided_by: z.string().nullable().describe('file:line that has the last word'),
            known: z.boolean().describe('false when more than one outcome is possible'),
          }),
        )
        .readonly()
        .describe('what the host as it stands would hold after a reboot'),
      module: z.object({
        now: z.enum(['loaded', 'builtin', 'absent']),
        at_boot: z.enum(['builtin', 'before_sysctl', 'after_sysctl', 'never', 'not_known']),
        why: z.string(),
      }),
      hashsize: z
        .object({ wished: whole.nullable(), live: whole.nullable() })
        .describe('buckets: asked for, and what the kernel made of it'),
      symptoms: z.object({
        since: z.string().describe('the id of an earlier run of the same boot, or `boot`'),
        drop: whole.nullable(),
        early_drop: whole.nullable(),
        insert_failed: whole.nullable(),
        chainlength: whole.nullable().describe('dropped because their chain was too long'),
        headroom_percent: whole.nullable(),
      }),
    })
    .meta({ id: 'Truths' }),
)

const confirmation = tied<Confirmation>()(
  z
    .object({
      within_seconds: whole,
      reasons: z.array(z.string()).readonly().describe('why a new connection had to confirm'),
      state: z
        .enum(['confirmed', 'reverted', 'unconfirmed'])
        .describe('`unconfirmed`: not confirmed, and not seen since; the host puts back by itself'),
    })
    .meta({ id: 'Confirmation' }),
)

export const hostResultSchema = tied<HostResult>()(
  z
    .object({
      host: z.string().describe("the inventory's name"),
      play: z.string(),
      status: z.enum(statuses),
      facts: factsSummarySchema.nullable().describe('null when the host was never read'),
      changes: z.array(resultChange).readonly(),
      findings: z.array(finding).readonly(),
      error: error.nullable(),
      truths: truths.exactOptional().describe('what `verify` tells of a host that was read'),
      diagnosis: diagnosisSchema
        .exactOptional()
        .describe('what `diagnose` tells of a host whose table could be read'),
      usage: usageSchema.exactOptional().describe('what `check` tells of a host that was read'),
      tries: whole
        .exactOptional()
        .describe('how often it was tried before it let us in, or was given up; absent when once did'),
      confirmation: confirmation
        .exactOptional()
        .describe('where the changes had to be confirmed over a new connection'),
    })
    .meta({ id: 'HostResult', description: 'how one host ended in one play' }),
)

const perStatus = {
  ok: whole,
  changed: whole,
  pending: whole,
  failed: whole,
  unreachable: whole,
  skipped: whole,
  unsupported: whole,
  unknown: whole,
}
export const totalsSchema = tied<Totals>()(z.object(perStatus).meta({ id: 'Totals' }))

const summary = z.object({
  version: z.literal(1),
  run: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{4}$/),
  command: z.enum(commands),
  playbook: z.string(),
  started: isoTime,
  finished: isoTime,
  totals: totalsSchema,
  notes: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('what there is to know about the run itself'),
})

export const runResultSchema = tied<RunResult>()(
  summary.extend({ hosts: z.array(hostResultSchema).readonly() }),
)

const line = z.union([hostResultSchema, z.object({ summary: summary.meta({ id: 'Summary' }) })])

/**
 * `schema/result.schema.json`: JSON Schema (draft 2020-12) of `--output json`, with `$defs/Line` for one line of
 * `--output jsonl`. Open to keys of later versions, since keys are only ever added; `closed` refuses them, to
 * test that nothing undocumented is written.
 */
export function resultJsonSchema(closed = false): object {
  const settings = {
    io: closed ? 'output' : 'input',
    override: ({ jsonSchema }: { jsonSchema: { readOnly?: boolean } }) => delete jsonSchema.readOnly,
  } as const
  const { $defs, ...document } = z.toJSONSchema(runResultSchema, settings)
  const { anyOf, $defs: lineDefs } = z.toJSONSchema(line, settings)
  return {
    ...document,
    title: 'Result of a run of conntrackctl plan, apply, verify or rollback (--output json)',
    $defs: { ...$defs, ...lineDefs, Line: { description: 'a line of --output jsonl', oneOf: anyOf } },
  }
}
