import { z } from 'zod'
import { booleanSchema } from './boolean-schema.ts'
import { serviceProtocols } from './read-services.ts'

const port = z.union([z.int().min(1).max(65_535), z.string().regex(/^[1-9]\d{0,4}(?:-[1-9]\d{0,4})?$/)])
const protocol = z.enum(serviceProtocols)

/** What names a service. */
const serviceShape = {
  port: port.describe('Its port, or a range: `80`, `8000-8010`.').optional(),
  ports: z.array(port).min(1).describe('Several, instead of `port`.').optional(),
  protocol: z.union([protocol, z.array(protocol).min(1)]).describe('Of those ports.'),
  addresses: z
    .union([z.string(), z.array(z.string()).min(1)])
    .describe('Of the other side: addresses and networks of both families. Left out: any.')
    .optional(),
}

export const statelessSchema = z
  .array(z.strictObject(serviceShape))
  .min(1)
  .describe(
    'Services of the host itself whose rules shall let them in whatever the state of a packet: `-m state --state NEW … --dport 80 -j ACCEPT` gives way to the same rule without its state match, in its place, in the kernel and in the file that is loaded at boot. Refused where that would let in more than these services; a rule that is not understood as a whole stays as it is, which is said. Confirmed over a new connection or put back by the host itself. See [Cures beyond numbers](cures.md#rules-without-a-state).',
  )
  .meta({ examples: [[{ ports: [80, 443], protocol: 'tcp' }]] })

export const notrackSchema = z
  .array(
    z.strictObject({
      ...serviceShape,
      direction: z
        .enum(['in', 'out'])
        .describe(
          '`in`: a service of the host itself. `out`: one elsewhere that the host asks; needs `addresses`.',
        )
        .meta({ default: 'in' })
        .optional(),
      accept: booleanSchema
        .describe(
          'Add rules that let its untracked packets pass wherever the firewall would drop them. With `false` such a service is refused instead.',
        )
        .meta({ default: true })
        .optional(),
      state: z
        .enum(['present', 'absent'])
        .describe('`absent` takes our rules for it out again.')
        .meta({ default: 'present' })
        .optional(),
    }),
  )
  .min(1)
  .describe(
    'Services whose packets shall not be tracked, both ways and in IPv4 and IPv6. Made as rules of nftables or iptables, whichever the host has, confirmed over a new connection or put back by the host itself, and kept where that system keeps its rules. Refused where NAT, helpers or containers need tracking for them. See [Cures beyond numbers](cures.md).',
  )
  .meta({ examples: [[{ ports: [80, 443], protocol: 'tcp' }]] })
