import { z } from 'zod'
import { tunables } from '../kernel/tunables.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { optionsSchema, playbookSchema, timeoutsSchema } from './schema.ts'

/** The JSON Schema (draft 7, which editors know best) of a playbook, as text with a final newline. */
export function playbookJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(playbookSchema, {
    target: 'draft-07',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === (timeoutsSchema as typeof zodSchema)) allowFullNames(jsonSchema, 'timeout')
      if (zodSchema === (optionsSchema as typeof zodSchema)) allowFullNames(jsonSchema, 'option')
    },
  })
  return `${JSON.stringify({ $schema, title: 'conntrackctl playbook', ...schema }, null, 2)}\n`
}

/** The names with their prefix as a pattern: as properties they would double every editor's suggestions. */
function allowFullNames(jsonSchema: z.core.JSONSchema.BaseSchema, area: Tunable['area']): void {
  const names = tunables.filter((tunable) => tunable.area === area).map(({ key }) => key.replace(/^.*\./, ''))
  const value = jsonSchema.additionalProperties ?? {}
  jsonSchema.patternProperties = { [`^(?:net[./]netfilter[./])?(?:${names.join('|')})$`]: value }
  jsonSchema.additionalProperties = false
}
