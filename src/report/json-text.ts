// Valid inside a JSON text, yet obeyed by terminals and log viewers: DEL and C1, bidi and invisible characters, and
// the two separators that end a line for some readers. C0 and broken surrogates are escaped by JSON.stringify.
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * A value as JSON on one line, safe to show on a terminal and to split at line ends. Parsing it gives the very
 * same value, whatever text a host has put into it.
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(obeyed, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
