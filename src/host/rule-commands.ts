import { readFileSync } from 'node:fs'
import type { Change } from '../plan/change.ts'
import { quote } from '../ssh/quote.ts'

/** Without comments and indentation, which the host has no use for. */
const functions = readFileSync(new URL('rules.sh', import.meta.url), 'utf8')
  .replace(/^[ \t]+/gm, '')
  .replace(/^(#.*)?\n/gm, '')

/** Shell commands that make a change of rules and that undo it; both may run twice, and at any moment. */
export function ruleCommands({ path, before, after }: Change): {
  readonly make: string
  readonly undo: string
} {
  const command = (text: string | null): string =>
    `(\n${functions}set_rules ${quote(path)} ${quote(text ?? '')}\n)`
  return { make: command(after), undo: command(before) }
}
