import { parse, tokenize } from '@huggingface/jinja'
import { printable } from '../printable.ts'
import { bindTests, type Token } from './bind-tests.ts'
import type { Node } from './syntax.ts'

export type ParsedTemplate =
  | { readonly ok: true; readonly body: readonly Node[] }
  /** `why` continues the text of the template: `{{ a` `is not closed`. */
  | { readonly ok: false; readonly why: string }

/** The parser looks at every blank for what may follow it: longer texts would take it seconds. */
const maxCharacters = 20_000
/** Templates that are read again and again, once for each host. */
const maxKnown = 1000
const known = new Map<string, ParsedTemplate>()

/** Reads a template of Jinja as Ansible sets it up (`trim_blocks`). Never throws. */
export function parseTemplate(text: string): ParsedTemplate {
  if (text.length > maxCharacters)
    return { ok: false, why: `is longer than ${maxCharacters} characters, which is not evaluated` }
  let parsed = known.get(text)
  if (parsed === undefined) {
    parsed = parseAnew(text)
    if (known.size >= maxKnown) known.clear()
    known.set(text, parsed)
  }
  return parsed
}

function parseAnew(text: string): ParsedTemplate {
  const statement =
    /\{%[-+]?\s*(raw|macro|call|filter|generation|import|include|extends|from|block|do|with)\b/.exec(text)
  if (statement !== null)
    return { ok: false, why: `holds the statement {% ${statement[1]} %}, which is not evaluated` }
  try {
    const tokens = tokenize(keepBackslashes(text), { trim_blocks: true }) as readonly Token[]
    const { body } = parse(bindTests(tokens)) as { readonly body: readonly Node[] }
    return { ok: true, body }
  } catch (error) {
    return { ok: false, why: explain(text, error) }
  }
}

/** The parser's words say which of its functions gave up; only those about what is written are passed on. */
function explain(text: string, error: unknown): string {
  if (error instanceof RangeError) return 'is nested too deeply'
  const opened = text.lastIndexOf('{{') > text.lastIndexOf('}}') ? '}}' : null
  if (opened !== null) return `is not closed with ${opened}`
  if (text.lastIndexOf('{%') > text.lastIndexOf('%}')) return 'is not closed with %}'
  const detail = error instanceof SyntaxError ? error.message : ''
  const isPlain = /^(?:Unexpected (?:character|token|escaped|end)|Unknown statement|Expected)/.test(detail)
  return `is not understood as Jinja${isPlain ? ` (${detail[0]?.toLowerCase()}${printable(detail.slice(1))})` : ''}`
}

/**
 * Ansible takes a backslash in `{{ 'a text' }}` as it is written, so that regular expressions need no second one; before
 * a quote it stays an escape.
 */
function keepBackslashes(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\{\{[^]*?\}\}/g, (expression) =>
    expression.replaceAll(/\\\\|\\['"]|\\/g, (written) =>
      /['"]/.test(written) ? written : written + written,
    ),
  )
}
