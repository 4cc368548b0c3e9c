import { exitCodes } from '../exit-codes.ts'
import { playbookJsonSchema } from '../playbook/json-schema.ts'

/** `conntrackctl schema`: prints the JSON Schema of playbooks, for editors and other checkers. Gives the exit status. */
export function schema(write: (text: string) => void): number {
  write(playbookJsonSchema())
  return exitCodes.as_desired.code
}
