/** Characters behind a backslash that stand for one other character. */
const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

const opening = /[ \t\f]*([bBrRuU]{0,2})('''|"""|'|")/y
const escape = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([xuUN])|([^]))/g

/**
 * The string literals of Python that stand at `start` of `text`, side by side ones joined; null when
 * there is none, or one that Python would not read (or `\N{name}`, which nobody writes in an inventory).
 */
export function parseStrings(text: string, start: number): { value: string; end: number } | null {
  let joined: string | null = null
  let bytes = false
  let end = start
  for (;;) {
    opening.lastIndex = end
    const match = opening.exec(text)
    if (match === null) return joined === null ? null : { value: joined, end }
    const [whole, prefix = '', quote = ''] = match
    if (!/^(?:|[bru]|br|rb)$/i.test(prefix)) return null
    const isBytes = /b/i.test(prefix)
    if (joined !== null && isBytes !== bytes) return null
    bytes = isBytes
    const body = readBody(text, end + whole.length, quote)
    if (body === null) return null
    const value = /r/i.test(prefix) ? body.raw : unescape(body.raw, isBytes)
    if (value === null || (isBytes && /[^\0-\x7f]/.test(value))) return null
    joined = (joined ?? '') + value
    end = body.end
  }
}

/** What stands between the quotes, backslashes kept. */
function readBody(text: string, start: number, quote: string): { raw: string; end: number } | null {
  for (let at = start; at < text.length; at += 1) {
    if (text.startsWith(quote, at)) return { raw: text.slice(start, at), end: at + quote.length }
    if (text.charAt(at) === '\\') at += 1
  }
  return null
}

/** Unknown escapes keep their backslash, as in Python. Null for one that is cut short. */
function unescape(raw: string, isBytes: boolean): string | null {
  let broken = false
  const value = raw.replaceAll(
    escape,
    (
      all: string,
      octal: string | undefined,
      hex: string | undefined,
      four: string | undefined,
      eight: string | undefined,
      cutShort: string | undefined,
      simple: string | undefined,
    ) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      if (isBytes && (four ?? eight ?? (cutShort === 'x' ? undefined : cutShort)) !== undefined) return all
      const code = hex ?? four ?? eight
      if (code !== undefined && Number.parseInt(code, 16) <= 0x10ffff)
        return String.fromCodePoint(Number.parseInt(code, 16))
      if (simple === undefined) broken = true
      return simple === undefined ? all : (simpleEscapes[simple] ?? all)
    },
  )
  return broken ? null : value
}
