import type { DrainFacts } from './facts.ts'

/** Filters that a play may have, and so lines of an answer. */
const mostFilters = 16

/** Reads what `count_matches` printed; numbers are scaled to the table's `count` where it looked at a part only. */
export function parseDrain(words: ReadonlyMap<string, readonly string[]>, count: number | null): DrainFacts {
  const lines = words.get('drain') ?? []
  const [, looked = '0', more] =
    lines.flatMap((line) => [/^looked (\d{1,9}) ([01])$/.exec(line)].filter((found) => found !== null))[0] ??
    []
  const taken = Number(looked)
  const scale = more === '1' && taken > 0 ? Math.max(1, (count ?? taken) / taken) : 1
  const source = words.get('table')?.[0]
  const matches = lines
    .flatMap((line) => [/^matched (\d{1,9}) (\d{1,9})$/.exec(line)].filter((found) => found !== null))
    .slice(0, mostFilters)
  return {
    matched: matches.map(([, matched]) => Math.round(Number(matched) * scale)),
    longestSeconds: matches.map(([, , seconds]) => Number(seconds)),
    isReadable: source === 'proc' || source === 'conntrack',
    hasTool: lines.includes('tool'),
    knowsOwnSession: lines.includes('session'),
  }
}
