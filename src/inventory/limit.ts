import { resolve } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import { readText } from '../yaml/read-text.ts'
import type { Host, Inventory } from './inventory.ts'
import { splitPattern, toTerm, type Term } from './patterns.ts'
import { inventoryLimit } from './inventory-limit.ts'
import { selectTerms } from './select-hosts.ts'
import { tidyProblems } from './tidy-problems.ts'

const option = { file: '--limit' }

/** Where a limit's `@` leads. */
export interface LimitSources {
  readonly cwd: string
  /** The hosts of a past run that a word names, as `@failed`; null where the word names none, and so a file. */
  readonly recorded?: (word: string) => Promise<readonly string[] | null>
}

/**
 * Reads a `--limit`: a host pattern in which `@file` stands for the lines of a file, a term each, and `@failed` and its
 * like for hosts of a past run. Throws InputError.
 */
export async function readLimit(limit: string, at: LimitSources): Promise<readonly Term[]> {
  const problems: Problem[] = []
  const terms: Term[] = []
  for (const term of splitPattern(limit, option)) {
    if (term.effect !== 'add' || !term.text.startsWith('@')) {
      terms.push(term)
      continue
    }
    const file = term.text.slice(1)
    const hosts = (await at.recorded?.(file)) ?? null
    if (hosts !== null) {
      for (const line of linesAsTerms(hosts.join('\n'), term.text)) terms.push(line)
      continue
    }
    const read = await readText(resolve(at.cwd, file), file, inventoryLimit)
    if (read.ok) for (const line of linesAsTerms(read.file.text, file)) terms.push(line)
    else problems.push(read.problem)
  }
  if (problems.length > 0) throw new InputError(tidyProblems(problems))
  if (terms.length > 0) return terms
  throw new InputError([
    { ...option, what: 'the limit names no host', remedy: 'name hosts or groups, or leave it out' },
  ])
}

/** The hosts that are within the limit too, in their order. Throws InputError where it names nothing known. */
export function limitHosts(
  hosts: readonly Host[],
  inventory: Inventory,
  limit: readonly Term[],
): readonly Host[] {
  const allowed = new Set(selectTerms(inventory, limit, option))
  return hosts.filter((host) => allowed.has(host))
}

function linesAsTerms(text: string, file: string): readonly Term[] {
  return text
    .split('\n')
    .map((line, index) => ({ text: line.trim(), at: { file, line: index + 1 } }))
    .filter((line) => line.text !== '')
    .map((line) => toTerm(line.text, line.at))
}
