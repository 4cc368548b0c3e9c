import { z } from 'zod'
import { allNames, type ConnectionVariable, connectionVariables } from './connection-variables.ts'
import { noWords, yesWords } from './variable-reader.ts'

// The inventory as an editor checks it. Its messages are the editor's own; those of the program come with what
// yaml-inventory.ts and variable-reader.ts read.

/** What is filled in or opened later may be anything until then. */
const later = z.string().regex(/\{\{[\s\S]*\}\}|\{%[\s\S]*%\}|^\$ANSIBLE_VAULT;/)
const empty = z.literal([null, ''])
/** In any case, which a JSON Schema has no flag for. */
const truthPattern = new RegExp(
  `^\\s*(?:${[...yesWords, ...noWords].map((word) => word.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`)).join('|')})\\s*$`,
)

function valueOf({ form }: ConnectionVariable): z.ZodType {
  switch (form.kind) {
    case 'text':
      return z.union([z.string(), z.number(), z.null()])
    case 'whole':
      return z.union([
        z.int().min(form.from).max(form.to),
        z.string().regex(/^\s*\d{1,15}\s*$/),
        later,
        empty,
      ])
    case 'truth':
      return z.union([z.boolean(), z.literal([0, 1]), z.string().regex(truthPattern), later, z.null()])
    case 'priority':
      return z.union([z.number(), z.boolean(), z.string().regex(/^\s*[-+]?\d+\s*$/)])
    case 'word':
      return z.union([
        z.enum(form.words as readonly [string, ...string[]]),
        z.string().regex(new RegExp(`^${form.prefix}(?:${form.words.join('|')})$`)),
        later,
        empty,
      ])
  }
}

/** An editor shows it as text, where a link leads nowhere. */
function describe({ meaning, otherwise }: ConnectionVariable): string {
  const plain = meaning.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(', see below', '')
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}. Where it is not set: ${otherwise}.`
}

const shape = Object.fromEntries(
  connectionVariables.flatMap((variable) =>
    allNames(variable).map((name) => [name, valueOf(variable).describe(describe(variable)).optional()]),
  ),
)

const variables = z.looseObject(shape).nullable().meta({
  id: 'variables',
  description:
    'Variables by name. Those that begin with `ansible_` say how to get in; any other is your own, for `{{ }}` in playbooks.',
})

const hosts = z
  .union([z.string().min(1), z.record(z.string().min(1), variables), z.null()])
  .describe(
    'The hosts of this group, each a key of its own with a colon behind it, variables below. Ranges: `web[01:50].example.net`. A port: `web01:2222`.',
  )

interface WrittenGroup {
  hosts?: z.infer<typeof hosts> | undefined
  children?: string | Record<string, WrittenGroup | null> | null | undefined
  vars?: Record<string, unknown> | null | undefined
}

const group: z.ZodType<WrittenGroup | null> = z
  .strictObject({
    hosts: hosts.optional(),
    get children() {
      return z
        .union([z.string().min(1), z.record(z.string().min(1), group), z.null()])
        .describe('Groups within this one, each a key of its own with a colon behind it.')
        .optional()
    },
    vars: variables.optional(),
  })
  .nullable()
  .meta({
    id: 'group',
    description:
      'A group: its `hosts`, the groups within it (`children`), and what all of these share (`vars`).',
  })

/** An inventory in Ansible's YAML form. */
const inventorySchema = z
  .object({ all: group.optional(), ungrouped: group.optional() })
  .catchall(group)
  .describe(
    "An inventory in Ansible's YAML form, as conntrackctl reads it: groups by name. `all` holds every group and host.",
  )

/** The JSON Schema (draft 7, which editors know best) of a YAML inventory, as text with a final newline. */
export function inventoryJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(inventorySchema, { target: 'draft-07', io: 'input' })
  return `${JSON.stringify({ $schema, title: 'conntrackctl inventory', ...schema }, null, 2)}\n`
}
