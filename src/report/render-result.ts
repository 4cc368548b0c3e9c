import { renderCheck } from './check-text.ts'
import type { RunResult } from './host-result.ts'
import type { TextStyle } from './text-style.ts'
import { renderText } from './text.ts'

/** A result for people, in the form of its command. */
export function renderResult(result: RunResult, style: TextStyle): string {
  return result.command === 'check' ? renderCheck(result, style) : renderText(result, style)
}
