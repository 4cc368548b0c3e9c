import type { Mistake } from './reading.ts'
import { showValue } from '../show-value.ts'

/** “ ” „ ‟ ″ ‘ ’ ‚ ‛ « »: what word processors and web pages make of quotes. */
const typographicQuotes = /[\u201c-\u201f\u2033\u2018-\u201b\u00ab\u00bb]/g

/** What no text in a playbook may hold: pasted quotes, line breaks, control characters. */
export function textFault(text: string): Mistake | undefined {
  if (text.search(typographicQuotes) !== -1)
    return {
      what: `${showValue(text)} has typographic quotes, which are part of the text`,
      remedy: `write ${text.replaceAll(typographicQuotes, '').trim() || 'the value'} without them`,
    }
  if (/[\n\r\u0085\u2028\u2029]/.test(text))
    return { what: `${showValue(text)} goes over several lines`, remedy: 'write it on one line' }
  if (/[^\P{Cc}\t]/u.test(text))
    return { what: `${showValue(text)} holds control characters`, remedy: 'remove them' }
  return undefined
}
