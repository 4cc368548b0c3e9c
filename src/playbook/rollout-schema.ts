import { z } from 'zod'
import { booleanSchema } from './boolean-schema.ts'
import { durationPattern } from './duration.ts'
import { confirmBounds, longestWaitSeconds } from './read-rollout.ts'
import { hostOrders, mostHosts } from './rollout.ts'

const percent = z.string().regex(/^(?:100|\d{1,2}(?:\.\d{1,3})?) ?%$/)
const batchSize = z.union([z.int().min(1).max(mostHosts), z.string().regex(/^[1-9]\d{0,6}$/), percent])
const wait = z.union([z.int().min(0).max(longestWaitSeconds), z.string().regex(durationPattern)])

/** The keys of a play that say how it goes over its hosts; the readers have the messages. */
export const rolloutShape = {
  serial: z
    .union([batchSize, z.array(batchSize).min(1)])
    .describe(
      "Batches: so many hosts, or a share of the play's hosts, or a list of such, of which the last counts for all that follow. The next batch begins when the last one has ended and no more of its hosts failed than `max_fail_percentage` lets: none, where that is not given.",
    )
    .meta({ examples: [[1, '10%', '100%']] })
    .optional(),
  order: z.enum(hostOrders).describe('In which order the hosts are done.').optional(),
  throttle: z
    .union([z.int().min(1).max(mostHosts), z.string().regex(/^[1-9]\d{0,6}$/)])
    .describe('Hosts at once in this play, where `--forks` would let more.')
    .optional(),
  max_fail_percentage: z
    .union([z.number().min(0).max(100), percent, z.string().regex(/^\d{1,3}(?:\.\d{1,3})?$/)])
    .describe(
      'The run stops as soon as more than this share of a batch has failed. A host that is unreachable, cannot take the settings, did not verify or ended in an unknown state has failed.',
    )
    .optional(),
  any_errors_fatal: booleanSchema
    .describe('The first host that fails stops the run: the same as `max_fail_percentage: 0`.')
    .optional(),
  settle: wait
    .describe(
      'Before the next batch begins, wait this long and read the hosts of the last one again: one that does not stand as wished any more, or whose table dropped connections meanwhile, has failed.',
    )
    .meta({ examples: ['30s'] })
    .optional(),
  confirm_within: z
    .union([
      z.int().min(confirmBounds.minimum).max(confirmBounds.maximum),
      z.string().regex(/^\d{1,4}$/),
      z.string().regex(durationPattern),
    ])
    .describe(
      'A switch against locking oneself out: once a host is changed, a new connection has to get in within this time, or the host puts everything back by itself. Changes that may cut you off have it always, with 60 s unless this key says otherwise.',
    )
    .meta({ examples: ['60s'] })
    .optional(),
  verify: z
    .strictObject({
      hold: wait
        .describe(
          'After the last host, wait this long and read the changed hosts again: a value that something overwrote is reported with whoever may have written it.',
        )
        .meta({ examples: ['60s'] })
        .optional(),
    })
    .describe('How the change is verified, beyond the reading right after it.')
    .optional(),
}
