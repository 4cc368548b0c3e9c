// Cc: C0, DEL and C1; Cf: bidi controls, zero-width and tag characters; Cs: halves of a surrogate pair, which is
// what broken text decodes to; Zl and Zp break a line in some terminals and log viewers.
const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * `text` with everything that a terminal could obey (control characters, escape sequences, bidi and invisible
 * characters, broken text) turned into visible escapes such as `\x1b`, `\n` or `\u202e`. One line, always.
 */
export function printable(text: string): string {
  return text.replaceAll(obeyed, escape)
}

function escape(character: string): string {
  switch (character) {
    case '\n':
      return '\\n'
    case '\r':
      return '\\r'
    case '\t':
      return '\\t'
    default: {
      const code = character.codePointAt(0) ?? 0
      if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
      return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
    }
  }
}
