import { printable } from '../printable.ts'

/** Text as XML 1.0 may hold it, between tags or in a quoted attribute. What a terminal could obey is escaped as well. */
export function xmlText(text: string): string {
  return printable(text)
    .replaceAll(/[\ufffe\uffff]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
