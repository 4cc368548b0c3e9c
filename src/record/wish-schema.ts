import * as z from 'zod'
import { isSysctlKey } from '../kernel/sysctl-key.ts'
import type { Wish } from '../playbook/wish.ts'
import { tied } from '../report/tied.ts'

const whole = z.int().min(0)
const positive = z.int().min(1)

const policy = z.object({
  atLeast: positive.exactOptional(),
  perGib: positive.exactOptional(),
  perCore: positive.exactOptional(),
  peakTimes: z.number().positive().exactOptional(),
  atMost: positive.exactOptional(),
  memoryAtMost: z
    .union([z.object({ percent: z.number().positive() }), z.object({ bytes: positive })])
    .exactOptional(),
  neverLower: z.boolean(),
})

const service = z.object({
  direction: z.enum(['in', 'out']),
  protocol: z.string(),
  ports: z.tuple([whole, whole]).readonly(),
  addresses: z.array(z.string()).readonly().nullable(),
})
const notrackService = z.object({ ...service.shape, isPresent: z.boolean(), accept: z.boolean() })

const filter = z.object({
  protocol: z.string().regex(/^\w+$/).exactOptional(),
  state: z.string().regex(/^\w+$/).exactOptional(),
  port: whole.exactOptional(),
  source: z.string().exactOptional(),
  destination: z.string().exactOptional(),
  idleSeconds: whole.exactOptional(),
})

/** A play's wish for one host as plain data, with all numbers worked out or as a policy. */
export const wishSchema = tied<Wish>()(
  z
    .object({
      play: z.string(),
      max: z.union([whole, policy]).exactOptional().describe('entries, or the policy that gives them'),
      hashsize: z
        .discriminatedUnion('kind', [
          z.object({ kind: z.literal('buckets'), buckets: positive }),
          z.object({ kind: z.literal('max_divided_by'), divisor: positive }),
        ])
        .exactOptional(),
      sysctls: z
        .array(z.object({ key: z.string().refine(isSysctlKey), value: z.string().regex(/^[^\n\r\0]+$/) }))
        .readonly(),
      persist: z.boolean(),
      conflicts: z.enum(['report', 'override']),
      module: z.enum(['load', 'leave']),
      notrack: z.array(notrackService).readonly().exactOptional(),
      stateless: z.array(service).readonly().exactOptional(),
      unload: z
        .array(z.string().regex(/^\w[\w-]*$/))
        .readonly()
        .exactOptional(),
      drain: z.array(filter).readonly().exactOptional(),
    })
    .meta({ id: 'Wish', description: 'what one play asks of one host' }),
)
