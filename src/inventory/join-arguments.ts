import { parseSshArguments, type SshArguments } from '../ssh/ssh-arguments.ts'
import type { VariableProblem } from './variable-reader.ts'

/** Puts together the words of several places: with ssh the first one counts. */
export function joinArguments(
  sources: readonly (readonly [source: string, text: string | undefined])[],
  problems: VariableProblem[],
): SshArguments {
  const parts = sources.map(([source, text = '']) => {
    const parsed = parseSshArguments(text)
    for (const problem of parsed.problems)
      problems.push({ fact: `${source}: ${problem}`, remedy: 'remove or correct it' })
    return parsed
  })
  const options = new Map<string, readonly string[]>()
  for (const part of parts)
    for (const [name, values] of part.options) {
      const known = options.get(name)
      if (known === undefined) options.set(name, values)
      else if (name === 'identityfile') options.set(name, [...known, ...values])
    }
  return {
    words: parts.flatMap(({ words }) => words),
    // Of several files ssh takes the last.
    configFile: parts.findLast(({ configFile }) => configFile !== null)?.configFile ?? null,
    options,
    problems: [],
  }
}
