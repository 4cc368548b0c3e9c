import * as z from 'zod'
import { commands, type HostResult, statuses } from './host-result.ts'
import { totalsSchema } from './result-schema.ts'

const change = z.object({
  kind: z.enum(['live', 'file', 'module', 'rule', 'drain']),
  key: z.string(),
  before: z
    .string()
    .nullable()
    .exactOptional()
    .describe('Of live values only: what files hold is in the record of the run.'),
  after: z.string().nullable().exactOptional(),
})

/** What every line has. */
const common = {
  time: z.string().describe('ISO 8601, UTC, with milliseconds.'),
  run: z.string().describe("The run's id: `conntrackctl runs ID` shows its record."),
}

const host = { host: z.string(), play: z.string() }

/** One line of `--log-file`: what happened, told apart by `event`. Keys are only ever added. */
export const logLineSchema = z.discriminatedUnion('event', [
  z.object({
    ...common,
    event: z.literal('run_started'),
    command: z.enum(commands),
    playbook: z.string(),
    inventory: z.array(z.string()),
    arguments: z.array(z.string()).describe('The words of the command line, secrets masked.'),
    version: z.string().describe('Of conntrackctl.'),
    pid: z.number(),
    user: z.string(),
  }),
  z.object({ ...common, event: z.literal('play_started'), play: z.string(), hosts: z.number() }),
  z.object({
    ...common,
    event: z.literal('batch_started'),
    play: z.string(),
    batch: z.number().describe('From 1.'),
    batches: z.number(),
    hosts: z.number(),
  }),
  z.object({ ...common, event: z.literal('host_stage'), host: z.string(), stage: z.string() }),
  z.object({
    ...common,
    event: z.literal('host_planned'),
    ...host,
    changes: z.array(change).describe('What is about to be done; only apply and rollback go on from here.'),
  }),
  z.object({
    ...common,
    event: z.literal('host_result'),
    ...host,
    status: z.enum(statuses),
    was: z
      .enum(statuses)
      .exactOptional()
      .describe('The status before, of a host that was read again (settle, hold).'),
    changes: z.number().describe('How many it had; host_planned has them.'),
    findings: z.array(z.string()).describe('Their codes.'),
    error: z
      .object({ kind: z.string(), stage: z.string(), message: z.string(), hint: z.string() })
      .nullable(),
  }),
  z.object({
    ...common,
    event: z.literal('waiting'),
    play: z.string(),
    seconds: z.number(),
    hosts: z.number().describe('So many are left alone, and then read again.'),
  }),
  z.object({
    ...common,
    event: z.literal('gate'),
    play: z.string(),
    batch: z.number(),
    opened: z.boolean().describe('Does the next batch begin?'),
    why: z.string().nullable().describe('What stopped it.'),
  }),
  z.object({ ...common, event: z.literal('play_finished'), play: z.string() }),
  z.object({
    ...common,
    event: z.literal('run_finished'),
    totals: totalsSchema,
    exit_code: z.number(),
    seconds: z.number(),
    notes: z.array(z.string()),
  }),
])

export type LogLine = z.infer<typeof logLineSchema>

/** A line before the log adds time and run. */
export type LogEvent = LogLine extends infer Line
  ? Line extends LogLine
    ? Omit<Line, 'time' | 'run'>
    : never
  : never

/** What became of a host, in short. */
export function resultEvent(result: HostResult, was?: HostResult['status']): LogEvent {
  const { host: name, play, status, changes, findings, error } = result
  return {
    event: 'host_result',
    host: name,
    play,
    status,
    ...(was === undefined ? {} : { was }),
    changes: changes.length,
    findings: findings.map(({ code }) => code),
    error,
  }
}

/** The JSON Schema of a line, as schema/log.schema.json holds it. */
export function logJsonSchema(): object {
  return z.toJSONSchema(logLineSchema)
}
