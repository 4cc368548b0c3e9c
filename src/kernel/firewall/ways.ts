import { chainKey } from './our-rules.ts'
import type { Chain, FirewallRule, Ruleset } from './ruleset.ts'

/** From which chains packets come to a chain, by its key; by `anywhereIn`, which may lead to each of a table. */
export type Ways = ReadonlyMap<string, ReadonlySet<Chain>>

const known = new WeakMap<Ruleset, Ways>()

/** Who leads where in a ruleset: rather a way too many than one too few. */
export function waysOf(ruleset: Ruleset): Ways {
  const ways = known.get(ruleset) ?? search(ruleset)
  known.set(ruleset, ways)
  return ways
}

/** The key for all chains of this one's table. */
export function anywhereIn({ family, table }: Pick<Chain, 'family' | 'table'>): string {
  return `${family} ${table}`
}

function search({ chains }: Ruleset): Ways {
  const ways = new Map<string, Set<Chain>>()
  for (const chain of chains) {
    const keys = chain.rules.flatMap((rule) => targetsOf(rule).map((name) => keyOf(chain, name)))
    for (const key of keys) ways.set(key, (ways.get(key) ?? new Set()).add(chain))
  }
  return ways
}

function keyOf(chain: Chain, name: string | null): string {
  return name === null ? anywhereIn(chain) : chainKey({ ...chain, name })
}

/** Null: any. What a verdict map says stands in its text, whatever it is looked up by; one that has a name is kept elsewhere. */
function targetsOf({ text, verdict }: FirewallRule): readonly (string | null)[] {
  const own = verdict.kind === 'jump' || verdict.kind === 'goto' ? [verdict.chain] : []
  if (!text.includes('vmap')) return own
  const named = [...text.matchAll(/\b(?:jump|goto) ([^\s,}]+)/g)].map(([, name = '']) => name)
  return [...own, ...named, ...(/\bvmap @/.test(text) ? [null] : [])]
}
