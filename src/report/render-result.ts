import { renderCheck } from './check-text.ts'
import { renderDiagnosis } from './diagnosis-text.ts'
import type { RunResult } from './host-result.ts'
import type { TextStyle } from './text-style.ts'
import { renderText } from './text.ts'

/** A result for people, in the form of its command. */
export function renderResult(result: RunResult, style: TextStyle): string {
  if (result.command === 'check') return renderCheck(result, style)
  return result.command === 'diagnose' ? renderDiagnosis(result, style) : renderText(result, style)
}
