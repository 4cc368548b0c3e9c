import { z } from 'zod'
import { drainProtocols, tcpStates } from '../kernel/drain-filter.ts'
import { findTunable, tunables } from '../kernel/tunables.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { presets } from '../kernel/presets.ts'
import { booleanSchema as boolean } from './boolean-schema.ts'
import { durationPattern } from './duration.ts'
import { rolloutShape } from './rollout-schema.ts'
import { modulePattern } from './read-unload.ts'
import { notrackSchema, statelessSchema } from './services-schema.ts'

// The playbook as written. The descriptions are the reference documentation and what editors show;
// what a value means, and every message about one, is in the read-*.ts files.

const template = z.string().regex(/\{\{[\s\S]*\}\}|\{%[\s\S]*%\}/)
const digits = z.string().regex(/^(?:0|[1-9]\d*)$/)

function wholeNumber({ minimum, maximum }: Pick<Tunable, 'minimum' | 'maximum'>) {
  return z.union([z.int().min(minimum).max(maximum), digits, template])
}

function duration({ minimum, maximum }: Pick<Tunable, 'minimum' | 'maximum'>) {
  return z.union([z.int().min(minimum).max(maximum), digits, z.string().regex(durationPattern), template])
}

function valueOf(tunable: Tunable) {
  switch (tunable.unit) {
    case 'seconds':
      return duration(tunable)
    case 'switch':
      return z.union([boolean, z.literal([0, 1, '0', '1']), template])
    case 'entries':
    case 'buckets':
    case 'number':
    case 'bytes':
      return wholeNumber(tunable)
  }
}

/** `30 s`, `3145728 bytes`; nothing where the default depends on the host. */
function describeTunable({ key, summary, unit, default: value, since, until }: Tunable): string {
  const unitWord = { seconds: ' s', bytes: ' bytes' }[unit as string] ?? ''
  const facts = [
    ...(value === undefined ? [] : [`Default ${value}${unitWord}.`]),
    ...(since === undefined ? [] : [`Since Linux ${since}.`]),
    ...(until === undefined ? [] : [`Gone in Linux ${until}.`]),
  ]
  return [summary, ...facts, `\`${key}\``].join(' ')
}

function area(name: Tunable['area'], description: string, fullNameValue: z.ZodType) {
  const known = tunables.filter((tunable) => tunable.area === name)
  const shape = Object.fromEntries(
    known.map((tunable) => [
      tunable.shortName,
      valueOf(tunable).describe(describeTunable(tunable)).optional(),
    ]),
  )
  // Full kernel names are let through here and judged with the others in written-settings.ts.
  return z.object(shape).catchall(fullNameValue).describe(description)
}

const max = findTunable('net.netfilter.nf_conntrack_max') as Tunable
const buckets = findTunable('net.netfilter.nf_conntrack_buckets') as Tunable

const longestTimeoutSeconds = Math.max(
  ...tunables.filter(({ area: name }) => name === 'timeout').map(({ maximum }) => maximum),
)

export const timeoutsSchema = area(
  'timeout',
  `How long an idle entry stays, in seconds or as \`90s\`, \`5m\`, \`1h30m\`, \`5d\`; at most ${longestTimeoutSeconds} s. The names are the kernel's without \`nf_conntrack_\` and \`_timeout\`; the full names work too. Entries that exist keep the time they have until their next packet.`,
  duration({ minimum: 1, maximum: longestTimeoutSeconds }),
)
export const optionsSchema = area(
  'option',
  "The other `nf_conntrack_*` settings, under the kernel's names without `nf_conntrack_`.",
  z.union([boolean, z.int(), digits, template]),
)

const memoryAmount = z.string().regex(/^(?:\d{1,3}(?:\.\d{1,2})? ?%|[1-9]\d{0,6} ?(?:MiB|GiB))$/)

const policySchema = z
  .strictObject({
    at_least: wholeNumber(max).describe('A floor: entries.').optional(),
    per_gib: wholeNumber(max).describe('A floor: entries for each GiB of RAM.').optional(),
    per_core: wholeNumber(max).describe('A floor: entries for each core.').optional(),
    peak_times: z
      .union([z.number().min(1).max(100), digits])
      .describe(
        'A floor: so many times the highest count known for the host, now or in the records of past runs.',
      )
      .optional(),
    at_most: wholeNumber(max).describe('A ceiling: entries.').optional(),
    memory_at_most: memoryAmount
      .describe('A ceiling: what a full table, entries and buckets, may take: `5%` of RAM, `512MiB`, `2GiB`.')
      .optional(),
    never_lower: boolean.describe('Keep a host that already has more.').optional(),
    preset: z
      .enum(Object.keys(presets) as [string, ...string[]])
      .describe(
        `A rule by name; keys beside it change it. ${Object.entries(presets)
          .map(([name, { summary }]) => `\`${name}\`: ${summary}`)
          .join(' ')}`,
      )
      .optional(),
  })
  .describe('A policy: the largest of the floors, under the ceilings, for each host by its own size.')

export const conntrackSchema = z.strictObject({
  max: z
    .union([wholeNumber({ ...max, minimum: 0 }), policySchema])
    .describe(
      'Entries the table may hold (`net.netfilter.nf_conntrack_max`). A new connection beyond that is dropped. A full table takes 256 to 400 bytes of kernel memory an entry. A number, or a policy that gives each host one by its size. 0 is no limit, which Linux takes up to 6.18 and which `--allow no-limit` permits.',
    )
    .meta({ examples: [262_144] })
    .optional(),
  hashsize: z
    .union([
      z.int().min(buckets.minimum).max(buckets.maximum),
      digits,
      z.string().regex(/^max *\/ *[1-9]\d{0,5}$/),
      template,
    ])
    .describe(
      'Buckets of the hash table: a number, or `max / N`. Left out, it is raised with max where chains would grow too long. The kernel rounds it up (to multiples of 512 on most hosts), which counts as reached. `max / 4` to `max / 1` keeps lookups short; from Linux 5.15 on, chains that grow too long drop packets.',
    )
    .meta({ examples: ['max / 4', 65_536] })
    .optional(),
  timeouts: timeoutsSchema.optional(),
  options: optionsSchema.optional(),
  module: z
    .union([z.enum(['load', 'leave']), template])
    .describe(
      'What to do on a host where the conntrack module is not loaded: `leave` it (the default) and only see to the next boot or load, or `load` it now. Loading it may begin tracking.',
    )
    .optional(),
})

const drainSchema = z
  .strictObject({
    protocol: z.enum(drainProtocols).describe('Of the entries.').optional(),
    state: z.enum(tcpStates).describe('Of TCP, as the kernel prints it.').optional(),
    port: z
      .union([z.int().min(1).max(65_535), digits])
      .describe('Destination port.')
      .optional(),
    source: z.string().describe('One IPv4 or IPv6 address: who began the connection.').optional(),
    destination: z.string().describe('One IPv4 or IPv6 address: to whom.').optional(),
    idle: duration({ minimum: 1, maximum: 2_147_483 })
      .describe('Idle for at least so long: seconds, 90s, 5m, 1h.')
      .optional(),
  })
  .describe('Which entries: those that fit every part.')

export const playSchema = z.strictObject({
  name: z
    .string()
    .describe(
      'What this play is for; shown in progress and reports. Without it, the `hosts` pattern is shown.',
    )
    .optional(),
  hosts: z
    .union([z.string(), z.array(z.string()).min(1)])
    .describe(
      "Which hosts of the inventory, as Ansible's pattern: `all`, `web:&prod`, `edge:!canary`, `*.example.org`. Quote it when it begins with `*`, `!` or `&`. May hold `{{ variables }}` that are given with --extra-vars.",
    )
    .meta({ examples: ['all', 'web:&prod', 'edge:!canary'] }),
  become: boolean
    .describe(
      'Become root on the hosts (with sudo). Without it, what the inventory and the command line say counts.',
    )
    .optional(),
  ...rolloutShape,
  conntrack: conntrackSchema
    .describe('The wished state of connection tracking. What is not named stays as it is.')
    .optional(),
  sysctl: z
    .record(z.string(), z.union([z.number(), z.boolean(), z.string()]))
    .describe(
      'Any other kernel setting: its sysctl key, dotted or with slashes, and its value. Booleans become 1 and 0. Names that conntrack keys had in older kernels are understood.',
    )
    .meta({ examples: [{ 'net.ipv4.tcp_fin_timeout': 30 }] })
    .optional(),
  notrack: notrackSchema.optional(),
  stateless_rules: statelessSchema.optional(),
  modules: z
    .strictObject({
      unload: z
        .array(z.string().regex(modulePattern))
        .min(1)
        .describe(
          'Taken out of the kernel now, those that use them first, and kept from being loaded again: helpers such as `nf_conntrack_ftp`, and, where nothing needs it, `nf_conntrack` itself. Refused while a rule, NAT, containers or another module holds one; the message names the holder.',
        )
        .meta({ examples: [['nf_conntrack_ftp']] })
        .optional(),
    })
    .describe('Modules of connection tracking.')
    .optional(),
  drain: z
    .union([drainSchema, z.array(drainSchema).min(1).max(16), template])
    .describe(
      'Entries to delete, since a shortened timeout does not touch those that exist: a filter, or a list of such. Deleted one by one, a thousand at a time, unless used meanwhile, never the connection the program itself came by. Entries of connections that are in use need `--allow drain-in-use`.',
    )
    .meta({ examples: [{ protocol: 'tcp', state: 'ESTABLISHED', idle: '1h' }] })
    .optional(),
  persist: z
    .union([boolean, template])
    .describe('Must the values survive a reboot? `false` changes the running kernel only.')
    .meta({ default: true })
    .optional(),
  conflicts: z
    .union([z.enum(['report', 'override']), template])
    .describe(
      'Lines of other files that set the same keys otherwise: `report` them, with file and line, or `override` them: comment them out in place, in files below /etc only, with a copy of the file as it was kept beside it.',
    )
    .meta({ default: 'report' })
    .optional(),
})

export const playbookSchema = z
  .array(playSchema)
  .min(1)
  .describe(
    'A conntrackctl playbook: plays, done in order. Values may be `{{ variables }}` of the inventory, in quotes.',
  )
