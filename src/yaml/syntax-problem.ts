import { isScalar, visit, type Document, type YAMLError } from 'yaml'
import { showText } from '../show-value.ts'

/** Characters of the parser's own words, which may quote the whole file. */
const longestMessage = 160

/** What is wrong with the YAML, where, and what to do, in words of our own where the parser's are its own jargon. */
export function syntaxProblem(
  error: YAMLError,
  document: Document.Parsed,
  text: string,
): { offset: number; what: string; remedy: string } {
  const [offset] = error.pos
  const message = showText(error.message.charAt(0).toLowerCase() + error.message.slice(1), longestMessage)
  if (error.message.startsWith('Missing closing'))
    return {
      offset: openingQuote(document, offset),
      what: 'the quote that opens here is not closed',
      remedy: 'close it',
    }
  // `max: {{ x }} / 4` fails at the slash; the reason stands further left.
  if (lineAt(text, offset).includes('{{'))
    return { offset, what: message, remedy: 'put a value that holds {{ }} in quotes, the whole of it' }
  const tab = indentationTab(text, offset)
  if (error.code === 'TAB_AS_INDENT' || tab !== undefined)
    return { offset: tab ?? offset, what: 'a tab is used as indentation', remedy: 'indent with blanks' }
  const known = plainWords[error.code]
  return { offset, what: known?.what ?? message, remedy: known?.remedy ?? 'mend the YAML here' }
}

const brackets = 'check the indentation, the `key: value` form and the brackets here'
const quoteColons =
  'check the indentation of this line and the next, and put a text that holds `: ` in quotes'
const plainWords: Partial<Record<YAMLError['code'], { readonly what?: string; readonly remedy: string }>> = {
  BLOCK_AS_IMPLICIT_KEY: { what: 'a second `key:` cannot stand in a line', remedy: quoteColons },
  MULTILINE_IMPLICIT_KEY: { what: 'this line is no `key: value`', remedy: quoteColons },
  BLOCK_IN_FLOW: { what: 'the bracket is not closed before this line', remedy: brackets },
  BAD_INDENT: { remedy: brackets },
  MISSING_CHAR: { remedy: brackets },
  UNEXPECTED_TOKEN: { remedy: brackets },
  BAD_SCALAR_START: { remedy: 'put the value in quotes' },
  BAD_DQ_ESCAPE: { remedy: 'use single quotes, in which a backslash means itself' },
}

/** Where the indentation of the line at `offset` has a tab; the parser complains of what follows it. */
function indentationTab(text: string, offset: number): number | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const tab = /^ *\t/.exec(text.slice(start, offset))
  return tab === null ? undefined : start + tab[0].length - 1
}

/** The parser reports an unclosed quote at the end of the file; people look for its beginning. */
function openingQuote(document: Document.Parsed, offset: number): number {
  let opening = offset
  visit(document, (_key, node) => {
    if (!isScalar(node) || !node.range || !String(node.type).startsWith('QUOTE')) return
    if (node.range[0] < offset && offset <= node.range[2]) opening = node.range[0]
  })
  return opening
}

function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  return text.slice(start, end === -1 ? undefined : end)
}
