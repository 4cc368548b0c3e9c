import { readFileSync } from 'node:fs'
import type { Change } from '../plan/change.ts'
import { rewritingProgram } from '../plan/firewall/rewritten-rules.ts'
import { quote } from '../ssh/quote.ts'

/** Without comments and indentation, which the host has no use for. */
const functionsOf = (file: string): string =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .replace(/^[ \t]+/gm, '')
    .replace(/^(#.*)?\n/gm, '')

const setting = functionsOf('rules.sh')
const rewriting = functionsOf('rewrite-rules.sh')

/** Shell commands that make a change of rules and that undo it; both may run twice, and at any moment. */
export function ruleCommands({ path, before, after }: Change): {
  readonly make: string
  readonly undo: string
} {
  const program = rewritingProgram(path)
  const set = (text: string | null): string => `(\n${setting}set_rules ${quote(path)} ${quote(text ?? '')}\n)`
  if (program === null) return { make: set(after), undo: set(before) }
  const rewrite = (from: string | null, to: string | null, isLenient: boolean): string =>
    `(\n${rewriting}rewrite_rules ${[program, from ?? '', to ?? '', ...(isLenient ? ['lenient'] : [])].map(quote).join(' ')}\n)`
  return { make: rewrite(before, after, false), undo: rewrite(after, before, true) }
}
