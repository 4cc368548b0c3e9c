import * as z from 'zod'
import type { Growth } from '../usage/growth.ts'
import type { Usage } from '../usage/usage.ts'
import { isoTime } from './iso-time.ts'
import { tied } from './tied.ts'

const whole = z.int().min(0)

const losses = {
  drop: whole.nullable().describe('packets of new connections, for want of an entry'),
  early_drop: whole.nullable().describe('entries thrown out to make room'),
  insert_failed: whole.nullable(),
  chainlength: whole.nullable().describe('connections dropped because their chain was too long'),
}

const growth = tied<Growth>()(
  z.object({
    points: whole.describe('readings it is worked out from, with the present one'),
    span_seconds: whole,
    entries_per_hour: z.int().nullable().describe('median of the slopes between all pairs of readings'),
    full_at: isoTime
      .nullable()
      .describe('when the table will be full at this pace; null when nothing can be said'),
    full_in_seconds: whole.nullable(),
    why: z.string().describe('why nothing can be said'),
  }),
)

/** What `check` tells of a host. */
export const usageSchema = tied<Usage>()(
  z
    .object({
      level: z.enum(['ok', 'warning', 'critical', 'not_known']),
      reasons: z.array(z.enum(['full', 'drops', 'long_chains', 'namespace_full'])).readonly(),
      used_percent: whole.nullable().describe('of max, rounded down'),
      free_entries: whole.nullable(),
      load_factor: z
        .object({ now: z.number().nullable(), full: z.number().nullable() })
        .describe('entries a bucket'),
      memory: z.object({
        now_bytes: whole.nullable().describe('entries and buckets'),
        full_bytes: whole.nullable(),
        total_bytes: whole.nullable(),
        available_bytes: whole.nullable(),
      }),
      lost: z.object({
        since_boot: z.object(losses),
        since_last: z
          .object({ ...losses, run: z.string() })
          .nullable()
          .describe('since the last run that saw this start of the host'),
      }),
      logs: z
        .array(
          z.object({
            source: z.string().describe('`dmesg`, `journal` or a file'),
            lines: whole
              .nullable()
              .describe('of a full table; null when it may not be read. Evidence, and no count'),
            first: isoTime.nullable(),
            last: isoTime.nullable(),
            namespaces: z.record(z.string(), whole).describe('lines that name a namespace, by its inode'),
          }),
        )
        .readonly(),
      namespaces: z.object({
        total: whole.describe("network namespaces besides the host's own"),
        tables: z
          .array(
            z.object({
              inode: z.string(),
              pid: whole,
              command: z.string(),
              count: whole,
              used_percent: whole.nullable(),
              drop: whole,
              early_drop: whole,
            }),
          )
          .readonly(),
      }),
      established: z
        .object({
          timeout_seconds: whole.nullable(),
          sampled: whole.describe('the first entries of the table'),
          established: whole,
          idle: whole.describe('established, and idle for more than an hour'),
        })
        .nullable(),
      growth,
    })
    .meta({ id: 'Usage' }),
)
