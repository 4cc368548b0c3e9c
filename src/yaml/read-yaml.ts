import type { Document } from 'yaml'
import type { Problem } from '../problem.ts'
import { buildTree } from './build-tree.ts'
import { composeYaml } from './compose-yaml.ts'
import type { Dialect } from './dialect.ts'
import { type Place, placeFinder } from './place-finder.ts'
import { syntaxProblem } from './syntax-problem.ts'
import type { YamlNode } from './yaml-node.ts'

/** More than this in one file are only echoes of the first ones. */
const mostSyntaxProblems = 100

/** `root` is absent where the text is no YAML at all, or holds nothing. */
export interface ReadYaml {
  readonly root?: YamlNode
  readonly problems: readonly Problem[]
}

/**
 * Reads one YAML document, with `<<` merges, and keeps all positions. Never throws: what is wrong is
 * in `problems`. Time and memory are within the bounds of the dialect.
 */
export function readYaml(text: string, file: string, dialect: Dialect): ReadYaml {
  const placeOf = placeFinder(text, file)
  const composed = composeYaml(text, dialect)
  if (!composed.ok)
    return { problems: [{ ...placeOf(composed.offset), what: composed.what, remedy: composed.remedy }] }

  const [document, second] = composed.documents
  if (document === undefined) return { problems: [] }
  const syntax = syntaxProblems(document, text, placeOf, dialect)
  if (second !== undefined)
    return {
      problems: [
        ...syntax,
        {
          ...placeOf(second.range[0]),
          what: 'a second YAML document begins here',
          remedy: 'remove the `---`, or make it a file of its own',
        },
      ],
    }
  // What the parser guessed behind a syntax error would only give problems that are not there.
  if (document.errors.length > 0 || document.contents === null) return { problems: syntax }
  const tree = buildTree(document.contents, text, placeOf, dialect)
  return { ...tree, problems: [...syntax, ...tree.problems] }
}

function syntaxProblems(
  document: Document.Parsed,
  text: string,
  placeOf: (offset: number) => Place,
  { isStrict }: Dialect,
): readonly Problem[] {
  const found: Problem[] = []
  const lines = new Set<number>()
  // Of unknown tags the parser only warns; buildTree refuses them.
  const warnings = document.warnings.filter(({ code }) => isStrict && code !== 'TAG_RESOLVE_FAILED')
  for (const error of [...document.errors, ...warnings]) {
    // One slip makes the parser stumble over the rest of its line.
    if (lines.has(placeOf(error.pos[0]).line)) continue
    const { offset, what, remedy } = syntaxProblem(error, document, text)
    const place = placeOf(offset)
    if (lines.has(place.line)) continue
    lines.add(place.line)
    found.push({ ...place, what, remedy })
    if (found.length === mostSyntaxProblems) break
  }
  return found
}
