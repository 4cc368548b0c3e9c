import type { Problem } from '../problem.ts'
import { buildTree } from './build-tree.ts'
import { composeYaml } from './compose-yaml.ts'
import { placeFinder } from './place-finder.ts'
import { syntaxProblem } from './syntax-problem.ts'
import type { YamlNode } from './yaml-node.ts'

/** `root` is absent where the text is no YAML at all, or holds nothing. */
export interface ReadYaml {
  readonly root?: YamlNode
  readonly problems: readonly Problem[]
}

/**
 * Reads one YAML document (1.2, with `<<` merges) with all positions. Never throws: what is wrong is
 * in `problems`. Time and memory are bounded for every text of at most 1 MiB.
 */
export function readYaml(text: string, file: string): ReadYaml {
  const placeOf = placeFinder(text, file)
  const composed = composeYaml(text)
  if (!composed.ok)
    return { problems: [{ ...placeOf(composed.offset), what: composed.what, remedy: composed.remedy }] }

  const [document, second] = composed.documents
  if (document === undefined) return { problems: [] }
  if (second !== undefined)
    return {
      problems: [
        {
          ...placeOf(second.range[0]),
          what: 'a second YAML document begins here',
          remedy: 'remove the `---`, or make it a file of its own',
        },
      ],
    }

  const syntax: Problem[] = []
  const lines = new Set<number>()
  // Of unknown tags the parser only warns; buildTree refuses them.
  const warnings = document.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')
  for (const error of [...document.errors, ...warnings]) {
    const { offset, what, remedy } = syntaxProblem(error, document, text)
    const place = placeOf(offset)
    // One slip makes the parser stumble over the rest of its line.
    if (lines.has(place.line)) continue
    lines.add(place.line)
    syntax.push({ ...place, what, remedy })
  }
  // What the parser guessed behind a syntax error would only give problems that are not there.
  if (document.errors.length > 0 || document.contents === null) return { problems: syntax }
  const tree = buildTree(document.contents, text, placeOf)
  return { ...tree, problems: [...syntax, ...tree.problems] }
}
