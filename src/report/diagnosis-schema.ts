import * as z from 'zod'
import type { Diagnosis } from '../diagnose/diagnosis.ts'
import { tied } from './tied.ts'

const whole = z.int().min(0)
const tops = z.array(z.object({ name: z.string(), entries: whole })).readonly()

/** What `diagnose` tells of a host. */
export const diagnosisSchema = tied<Diagnosis>()(
  z
    .object({
      looked_at: whole.describe('entries that were looked at'),
      is_sample: z.boolean().describe('numbers are scaled from those to the whole table'),
      is_busy: z.boolean(),
      unparsed: whole,
      count: whole,
      states: z
        .array(
          z.object({
            protocol: z.string(),
            state: z.string(),
            entries: whole,
            assured: whole,
            unreplied: whole,
            idle: whole.describe('for more than an hour'),
          }),
        )
        .readonly(),
      top: z.object({
        ports: tops,
        sources: tops,
        source_networks: tops,
        destinations: tops,
        destination_networks: tops,
      }),
      verdicts: z
        .array(
          z.object({
            code: z.enum([
              'idle-established',
              'time-wait-churn',
              'syn-flood',
              'port-scan',
              'dns-chatter',
              'udp-chatter',
              'noisy-client',
              'nat-pool',
              'health-checks',
              'steady-load',
            ]),
            entries: whole,
            share_percent: whole,
            message: z.string(),
            advice: z.string(),
          }),
        )
        .readonly(),
      cures: z
        .array(
          z.object({
            timeout: z.string().describe('as a playbook has it'),
            from_seconds: whole,
            to_seconds: whole,
            saves_entries: whole,
            arithmetic: z.string(),
            natural_drain_seconds: whole.describe('how long the entries there are would stay'),
          }),
        )
        .readonly(),
      capacity: z
        .object({
          needed_entries: whole,
          max: whole.nullable().describe('to set; null where the present one will do, or no max would'),
          hosts: whole.describe('that this load needs at this memory'),
          arithmetic: z.string(),
        })
        .nullable(),
    })
    .meta({ id: 'Diagnosis' }),
)
