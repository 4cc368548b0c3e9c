import { isAbsolute, relative } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import type { Host } from './inventory.ts'
import { tidyProblems } from './tidy-problems.ts'
import type { VariableProblem } from './variable-reader.ts'

/** Throws one InputError with what is wrong with the variables of hosts, the same of many hosts once. */
export function refuseProblems(
  read: readonly { readonly host: Host; readonly problems: readonly VariableProblem[] }[],
  at: { readonly cwd: string },
): void {
  const wrong = new Map<string, { problem: VariableProblem; hosts: Host[] }>()
  for (const { host, problems } of read)
    for (const problem of problems) {
      const known = wrong.get(problem.fact)
      if (known === undefined) wrong.set(problem.fact, { problem, hosts: [host] })
      else if (!known.hosts.includes(host)) known.hosts.push(host)
    }
  if (wrong.size > 0)
    throw new InputError(
      tidyProblems([...wrong.values()].map(({ problem, hosts }) => toProblem(problem, hosts, at))),
    )
}

function toProblem(
  { fact, remedy, at }: VariableProblem,
  hosts: readonly Host[],
  { cwd }: { readonly cwd: string },
): Problem {
  const names = hosts.slice(0, 3).map(({ name }) => name)
  const more = hosts.length > names.length ? ` and ${hosts.length - names.length} more hosts` : ''
  const source = hosts[0]?.vars['inventory_file']
  const path = typeof source === 'string' && isAbsolute(source) ? relative(cwd, source) : '--inventory'
  return {
    file: path.startsWith('..') && typeof source === 'string' ? source : path,
    ...at,
    what: `${names.join(', ')}${more}: ${fact}`,
    remedy,
  }
}
