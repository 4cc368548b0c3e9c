/** A reference to a variable: `{{ a.b['c'][0] }}`. */
export interface Expression {
  /** With its braces, for messages; long ones are cut. */
  readonly text: string
  readonly path: readonly (string | number)[]
  /** Where the text goes on behind the closing braces. */
  readonly end: number
}

export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly why: string }

/** One step of a path behind the variable's name: `.b`, `.0`, `['b']`, `[0]`. */
const stepPattern = /\s*(?:\.\s*(\w+)|\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(-?\d{1,9}))\s*\])/y
const namePattern = /\{\{\s*([A-Za-z_]\w*)/y
const endPattern = /\s*\}\}/y

/** Reads the expression whose `{{` stands at `start` of `text`; `why` names what is not understood. */
export function parseExpression(text: string, start: number): ParsedExpression {
  if (text[start + 1] !== '{')
    return refuse(text, start, 'is a Jinja statement or comment; only {{ variable }} is understood')
  const name = matchAt(namePattern, text, start)
  if (name !== null) {
    const path: (string | number)[] = [name[1] ?? '']
    let at = start + name[0].length
    for (;;) {
      const step = matchAt(stepPattern, text, at)
      if (step === null) break
      path.push(step[4] === undefined ? (step[1] ?? step[2] ?? step[3] ?? '') : Number(step[4]))
      at += step[0].length
    }
    const end = matchAt(endPattern, text, at)
    if (end !== null) {
      at += end[0].length
      return { ok: true, expression: { text: cut(text.slice(start, at)), path, end: at } }
    }
  }
  if (!text.includes('}}', start)) return refuse(text, start, 'is not closed with }}')
  return refuse(text, start, 'is more than the name of a variable, which is all that is understood')
}

/** `a.b[0]`, one spelling for a path. */
export function pathText({ path }: Pick<Expression, 'path'>): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (index === 0) return step
      return /^\w+$/.test(step) ? `.${step}` : `['${step}']`
    })
    .join('')
}

function refuse(text: string, start: number, what: string): ParsedExpression {
  const close = text.slice(start).search(/[}%#]\}/)
  const shown = close === -1 ? text.slice(start) : text.slice(start, start + close + 2)
  return { ok: false, why: `${cut(shown)} ${what}` }
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
