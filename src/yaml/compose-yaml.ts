import { Composer, Lexer, Parser, type CST, type Document } from 'yaml'
import type { Dialect } from './dialect.ts'

export type Composed =
  | { readonly ok: true; readonly documents: readonly Document.Parsed[] }
  | { readonly ok: false; readonly offset: number; readonly what: string; readonly remedy: string }

/** Ends the reading of a text that would take minutes or gigabytes; caught in this file. */
class Unreadable extends Error {
  readonly offset: number
  readonly what: string
  readonly remedy: string

  constructor(offset: number, what: string, remedy: string) {
    super(what)
    this.offset = offset
    this.what = what
    this.remedy = remedy
  }
}

/**
 * YAML text to its document trees, of which it makes two at most, in bounded time and memory: a MiB of
 * brackets takes `parseDocument` many seconds and more than a gigabyte before it gives up. Syntax errors
 * are in the documents.
 */
export function composeYaml(text: string, dialect: Dialect): Composed {
  const composer = new Composer({
    ...dialect.parser,
    // Compares each key with each other one, which takes minutes for 100,000: buildTree does it.
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  })
  const documents: Document.Parsed[] = []
  try {
    for (const document of composer.compose(tokensOf(text, dialect), true, text.length)) {
      documents.push(document)
      if (documents.length === 2) break
    }
    return { ok: true, documents }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { offset, what, remedy } = error
    return { ok: false, offset, what, remedy }
  }
}

/** Each becomes an Error with a stack, which takes longer than all the rest; far more than are ever told of. */
const mostErrorTokens = 5000

/** As `Parser.parse`, with bounds; what comes behind it is recursive. */
function* tokensOf(text: string, { bounds, isStrict }: Dialect): Generator<CST.Token> {
  const parser = new Parser()
  let pieces = 0
  let errors = 0
  for (const piece of new Lexer().lex(text)) {
    for (const token of parser.next(piece)) {
      if (token.type === 'error') errors += 1
      if (token.type !== 'error' || errors <= mostErrorTokens) yield checked(token, isStrict)
    }
    pieces += 1
    if (pieces > bounds.pieces)
      throw new Unreadable(parser.offset, 'the file goes on for too long', 'split it into several files')
    if (parser.stack.length > bounds.nesting)
      throw new Unreadable(parser.offset, 'nested too deeply', bounds.nestingRemedy)
  }
  for (const token of parser.end()) yield checked(token, isStrict)
}

function checked(token: CST.Token, isStrict: boolean): CST.Token {
  if (isStrict && token.type === 'directive')
    throw new Unreadable(token.offset, 'YAML directives (%) are not understood', 'remove the line')
  return token
}
