import { Composer, Lexer, Parser, type Document } from 'yaml'
import type { CST } from 'yaml'

/** Deeper nesting is an attack or an accident; the composer behind it is recursive. */
const deepestNesting = 100
/** Lexical pieces: what 1 MiB of brackets would have a million of, and take many seconds and gigabytes. */
const mostPieces = 200_000

export type Composed =
  | { readonly ok: true; readonly documents: readonly Document.Parsed[] }
  | { readonly ok: false; readonly offset: number; readonly what: string; readonly remedy: string }

/**
 * YAML text to its document tree, in bounded time and memory: a MiB of brackets takes `parseDocument`
 * many seconds and more than a gigabyte before it gives up. Syntax errors are in the documents.
 */
export function composeYaml(text: string): Composed {
  const tokens: CST.Token[] = []
  const parser = new Parser()
  let pieces = 0
  for (const piece of new Lexer().lex(text)) {
    tokens.push(...parser.next(piece))
    pieces += 1
    if (pieces > mostPieces)
      return {
        ok: false,
        offset: parser.offset,
        what: 'the file goes on for too long',
        remedy: 'split it into several files',
      }
    if (parser.stack.length > deepestNesting)
      return {
        ok: false,
        offset: parser.offset,
        what: 'nested too deeply',
        remedy: 'a playbook needs no more than six levels',
      }
  }
  tokens.push(...parser.end())

  const directive = tokens.find(({ type }) => type === 'directive')
  if (directive !== undefined)
    return {
      ok: false,
      offset: directive.offset,
      what: 'YAML directives (%) are not understood',
      remedy: 'remove the line',
    }

  const composer = new Composer({
    // Compares each key with each other one, which takes minutes for 100,000: buildTree does it.
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  })
  return {
    ok: true,
    documents: [...composer.compose(tokens, false, text.length)] as Document.Parsed[],
  }
}
