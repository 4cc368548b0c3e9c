import { InputError, type Problem } from '../problem.ts'
import type { Host, Inventory } from './inventory.ts'
import { matchTerm } from './match-term.ts'
import { didYouMean } from '../nearest.ts'
import { orderTerms, splitPattern, type Term } from './patterns.ts'
import type { SourcePlace } from './statement.ts'
import { tidyProblems } from './tidy-problems.ts'

/** Near names are looked for this often only: a long list of strangers is the list of another fleet. */
const maxSuggestions = 10

/**
 * The hosts that an Ansible pattern selects, each once, in Ansible's order. Where Ansible warns of a
 * term that names no host or group of the inventory, this throws InputError; hosts that are named but
 * not in common are no error, and the list is empty.
 */
export function selectHosts(inventory: Inventory, pattern: string, where: SourcePlace): readonly Host[] {
  const terms = splitPattern(pattern, where)
  if (terms.length > 0) return selectTerms(inventory, terms, where)
  throw new InputError([{ ...where, what: 'the host pattern is empty', remedy: 'write all, or a name' }])
}

/** As `selectHosts`, for terms that stand in different places. */
export function selectTerms(
  inventory: Inventory,
  terms: readonly Term[],
  where: SourcePlace,
): readonly Host[] {
  const problems: Problem[] = []
  let selected = new Set<Host>()
  for (const term of orderTerms(terms, where)) {
    const match = matchTerm(inventory, term)
    if (!match.ok) {
      const wrong =
        'unknown' in match
          ? explainUnknown(match.unknown, inventory, problems.length < maxSuggestions)
          : match
      problems.push({ ...term.at, what: wrong.what, remedy: wrong.remedy })
    } else if (term.effect === 'add') {
      for (const host of match.hosts) selected.add(host)
    } else if (term.effect === 'drop') {
      for (const host of match.hosts) selected.delete(host)
    } else {
      const kept = new Set(match.hosts)
      selected = new Set([...selected].filter((host) => kept.has(host)))
    }
  }
  if (problems.length > 0) throw new InputError(tidyProblems(problems))
  return [...selected]
}

function explainUnknown(
  name: string,
  inventory: Inventory,
  suggest: boolean,
): Pick<Problem, 'what' | 'remedy'> {
  const near = suggest ? didYouMean(name, [...inventory.groups.keys(), ...inventory.hosts.keys()]) : ''
  return {
    what: `no host or group is called ${name}${near}`,
    remedy: 'correct the pattern, or add the name to the inventory',
  }
}
