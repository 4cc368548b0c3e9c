import type { Problem } from '../problem.ts'

const mostNamed = 3

/** Collects problems of single hosts: the same one on 500 hosts becomes one that names the first and counts the rest. */
export class FoldedProblems {
  readonly #found = new Map<string, { readonly problem: Problem; readonly hosts: string[] }>()

  add(problem: Problem, host: string): void {
    const key = JSON.stringify([problem.file, problem.line, problem.column, problem.what])
    const same = this.#found.get(key)
    if (same === undefined) this.#found.set(key, { problem, hosts: [host] })
    else same.hosts.push(host)
  }

  /** In the order in which they first came up. */
  list(): readonly Problem[] {
    return Array.from(this.#found.values(), ({ problem, hosts }) => ({
      ...problem,
      what: `${problem.what} (${nameHosts(hosts)})`,
    }))
  }
}

/** `web01`, `web01 and web02`, `web01, web02, web03 and 497 more`. */
function nameHosts(hosts: readonly string[]): string {
  const named = hosts.length > mostNamed + 1 ? hosts.slice(0, mostNamed) : hosts.slice(0, -1)
  const last = hosts.length > mostNamed + 1 ? `${hosts.length - mostNamed} more` : (hosts.at(-1) ?? '')
  return named.length === 0 ? last : `${named.join(', ')} and ${last}`
}
