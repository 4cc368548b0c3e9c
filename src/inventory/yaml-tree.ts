import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from 'yaml'
import type { Problem } from '../problem.ts'
import { buildTree } from './yaml-build.ts'
import { isEmpty, type YamlNode } from './yaml-node.ts'

/** More syntax errors than this in one file are only echoes of the first ones. */
const maxSyntaxProblems = 5
/** Brackets, keys and the like within one another; what comes behind is recursive. */
const maxDepth = 200
/** Lexical pieces, of which a host with two variables has some twenty. */
const maxPieces = 3_000_000

/** Reads YAML or JSON; `root` is null for an empty file or one with problems. Never throws. */
export function readYaml(
  text: string,
  file: string,
): { readonly root: YamlNode | null; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const problems: Problem[] = []
  const composer = new Composer({
    schema: 'failsafe',
    version: '1.1',
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  try {
    const [document, second] = composer.compose(tokensOf(text, lines), true, text.length)
    if (document === undefined) return { root: null, problems }
    addSyntaxProblems(document, file, lines, problems)
    if (second !== undefined) {
      const { line, col } = lines.linePos(second.range[0])
      const remedy = 'keep one document in a file'
      problems.push({ file, line, column: col, what: 'a second document begins', remedy })
    }
    if (problems.length > 0 || document.contents === null) return { root: null, problems }
    const root = buildTree(document.contents, { file, lines, isJson: isJson(text) }, problems)
    return { root: problems.length === 0 && !isEmpty(root) ? root : null, problems }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { line, col } = lines.linePos(error.offset)
    return { root: null, problems: [{ file, line, column: col, what: error.what, remedy: error.remedy }] }
  }
}

/** Ends the reading of a file that would take minutes or gigabytes. */
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

/** As `Parser.parse`, with limits: by itself it needs gigabytes for a few megabytes of brackets. */
function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  let pieces = 0
  for (const piece of new Lexer().lex(text)) {
    pieces += 1
    if (pieces > maxPieces)
      throw new Unreadable(parser.offset, 'the file goes on for too long', 'split it into several files')
    if (parser.stack.length > maxDepth)
      throw new Unreadable(parser.offset, 'the YAML is nested too deeply to be read', 'flatten it')
    yield* parser.next(piece)
  }
  yield* parser.end()
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function addSyntaxProblems(document: Document, file: string, lines: LineCounter, problems: Problem[]): void {
  for (const { code, message, pos } of document.errors.slice(0, maxSyntaxProblems)) {
    const { line, col } = lines.linePos(pos[0])
    const remedy = code === 'TAB_AS_INDENT' ? 'indent with blanks, not with tabs' : 'correct the YAML there'
    problems.push({ file, line, column: col, what: `not valid YAML: ${message.split('\n')[0]}`, remedy })
  }
}
