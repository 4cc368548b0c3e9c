/** One word of a line, quotes removed. */
interface Word {
  readonly text: string
  /** 0-based, where the word begins in the line. */
  readonly start: number
}

export type ShellWords =
  | { readonly ok: true; readonly words: readonly Word[] }
  | { readonly ok: false; readonly what: string }

/**
 * Splits a line as Python's `shlex.split(line, comments=True)` does, which is how Ansible reads a host
 * of an INI inventory: a `#` begins a comment even inside a word, unless it is quoted or escaped.
 */
export function splitShellWords(line: string): ShellWords {
  const words: Word[] = []
  let text = ''
  let start = -1
  const finish = (): void => {
    if (start !== -1) words.push({ text, start })
    text = ''
    start = -1
  }

  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (' \t\r\n'.includes(character)) {
      finish()
      continue
    }
    if (character === '#') break
    if (start === -1) start = at
    if (character === '\\') {
      at += 1
      if (at === line.length) return { ok: false, what: 'a backslash stands at the end' }
      text += line.charAt(at)
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, at)
      if (quoted === null) return { ok: false, what: `a quote (${character}) is not closed` }
      text += quoted.text
      at = quoted.end
    } else {
      text += character
    }
  }
  finish()
  return { ok: true, words }
}

/** The text within the quotes that open at `start`, and where they close. */
function readQuoted(line: string, start: number): { text: string; end: number } | null {
  const quote = line.charAt(start)
  let text = ''
  for (let at = start + 1; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (character === quote) return { text, end: at }
    const next = line.charAt(at + 1)
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      text += next
      at += 1
    } else {
      text += character
    }
  }
  return null
}
