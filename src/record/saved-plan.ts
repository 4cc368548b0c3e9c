import * as z from 'zod'
import { type GuardName, guardNames } from '../plan/rule.ts'
import type { Change } from '../plan/change.ts'
import type { Rollout } from '../playbook/rollout.ts'
import type { Wish } from '../playbook/wish.ts'
import { isoTime } from '../report/iso-time.ts'
import { type Status, statuses } from '../report/host-result.ts'
import { changeSchema } from '../report/result-schema.ts'
import { tied } from '../report/tied.ts'
import { rolloutSchema } from './record-entry.ts'
import { wishSchema } from './wish-schema.ts'

/** By this a file is known as a saved plan. */
export const savedPlanKind = 'conntrackctl-plan'

/** Of the form of the file; a file of another one is refused. */
export const savedPlanVersion = 1

/** What `plan --out` keeps and `apply FILE` makes: per host the changes, and what has to stand there for them. */
export interface SavedPlan {
  readonly kind: typeof savedPlanKind
  readonly version: typeof savedPlanVersion
  /** The run that read the hosts. */
  readonly run: string
  readonly playbook: string
  /** ISO 8601 with zone. */
  readonly planned: string
  /** Of conntrackctl. */
  readonly made_by: string
  /** The sources as given, and where relative ones begin. */
  readonly inventory: readonly string[]
  readonly cwd: string
  /** Guards that were lifted. */
  readonly allow: readonly GuardName[]
  readonly plays: readonly SavedPlay[]
}

interface SavedPlay {
  readonly play: string
  /** Null: what inventory and command line say. */
  readonly become: boolean | null
  readonly rollout: Rollout
  /** What is asked of the hosts; those that share one name it by its place in this list. */
  readonly wishes: readonly Wish[]
  readonly hosts: readonly {
    readonly host: string
    readonly wish: number
    /** `uname -r` */
    readonly kernel: string
    /** None: the host was as wished. */
    readonly changes: readonly Change[]
  }[]
  /** Hosts of which there is no plan, and how they ended instead. */
  readonly left_out: readonly { readonly host: string; readonly status: Status; readonly why: string }[]
}

const play = z.object({
  play: z.string(),
  become: z.boolean().nullable().describe('null: what inventory and command line say'),
  rollout: rolloutSchema.describe('batches and gates, as the play has them'),
  wishes: z.array(wishSchema).readonly().describe('what is asked of the hosts, with the numbers of the plan'),
  hosts: z
    .array(
      z.object({
        host: z.string().describe("the inventory's name"),
        wish: z.int().min(0).describe('place in `wishes`, from 0'),
        kernel: z.string().describe('uname -r when it was planned'),
        changes: z
          .array(changeSchema)
          .readonly()
          .describe('in this order; `before` is what has to stand there still. Empty: it was as wished'),
      }),
    )
    .readonly(),
  left_out: z
    .array(z.object({ host: z.string(), status: z.enum(statuses), why: z.string() }))
    .readonly()
    .describe('hosts of which there is no plan, and how they ended instead'),
})

export const savedPlanSchema = tied<SavedPlan>()(
  z.object({
    kind: z.literal(savedPlanKind),
    version: z.literal(savedPlanVersion),
    run: z.string().describe('the run that read the hosts'),
    playbook: z.string(),
    planned: isoTime,
    made_by: z.string().describe('version of conntrackctl'),
    inventory: z.array(z.string()).readonly().describe('the sources as given'),
    cwd: z.string().describe('where relative ones begin'),
    allow: z.array(z.enum(guardNames)).readonly().describe('guards that were lifted'),
    plays: z.array(play).readonly(),
  }),
)

/** `schema/plan.schema.json`: JSON Schema (draft 2020-12) of the file that `plan --out` writes. */
export function savedPlanJsonSchema(): object {
  const file = savedPlanSchema as unknown as z.ZodObject
  return {
    ...z.toJSONSchema(
      file.extend({
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe('of all else, as JSON without blanks'),
      }),
      { io: 'input', override: ({ jsonSchema }) => delete jsonSchema.readOnly },
    ),
    title: 'A plan that conntrackctl has saved (plan --out FILE), for conntrackctl apply FILE',
  }
}
