import { exitCodes } from '../exit-codes.ts'
import { inventoryJsonSchema } from '../inventory/inventory-schema.ts'
import { playbookJsonSchema } from '../playbook/json-schema.ts'
import { savedPlanJsonSchema } from '../record/saved-plan.ts'
import { logJsonSchema } from '../report/log-line-schema.ts'
import { resultJsonSchema } from '../report/result-schema.ts'
import type { schemaNames } from './define-validate.ts'

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The JSON Schemas by name, as they stand in `schema/`. */
export const schemas: Readonly<Record<(typeof schemaNames)[number], () => string>> = {
  playbook: playbookJsonSchema,
  inventory: inventoryJsonSchema,
  result: () => asText(resultJsonSchema()),
  plan: () => asText(savedPlanJsonSchema()),
  log: () => asText(logJsonSchema()),
}

/** `conntrackctl schema [OF]`: prints a JSON Schema, for editors and other checkers. Gives the exit status. */
export function schema(of: keyof typeof schemas, write: (text: string) => void): number {
  write(schemas[of]())
  return exitCodes.as_desired.code
}
