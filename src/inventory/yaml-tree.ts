import { LineCounter, parseDocument, type Document } from 'yaml'
import type { Problem } from '../problem.ts'
import { buildTree } from './yaml-build.ts'
import { isEmpty, type YamlNode } from './yaml-node.ts'

/** More syntax errors than this in one file are only echoes of the first ones. */
const maxSyntaxProblems = 5

/** Reads YAML or JSON; `root` is null for an empty file or one with problems. Never throws. */
export function readYaml(
  text: string,
  file: string,
): { readonly root: YamlNode | null; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const problems: Problem[] = []
  try {
    const document = parseDocument(text, {
      schema: 'failsafe',
      version: '1.1',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    })
    addSyntaxProblems(document, file, lines, problems)
    if (problems.length > 0 || document.contents === null) return { root: null, problems }
    const root = buildTree(document.contents, { file, lines, isJson: isJson(text) }, problems)
    return { root: problems.length === 0 && !isEmpty(root) ? root : null, problems }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    problems.push({ file, ...tooDeep })
    return { root: null, problems }
  }
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
    if (code === 'RESOURCE_EXHAUSTION') {
      problems.push({ file, line, column: col, ...tooDeep })
      return
    }
    const what =
      code === 'MULTIPLE_DOCS' ? 'a second document begins' : `not valid YAML: ${message.split('\n')[0]}`
    problems.push({ file, line, column: col, what, remedy: remedies[code] ?? 'correct the YAML there' })
  }
}

const remedies: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'keep one document in a file',
  TAB_AS_INDENT: 'indent with blanks, not with tabs',
}

const tooDeep = { what: 'the YAML is nested too deeply to be read', remedy: 'flatten it' }
