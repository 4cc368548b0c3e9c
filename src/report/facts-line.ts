import { printable } from '../printable.ts'
import { foldTexts } from './fold-texts.ts'
import type { FactsSummary } from './host-result.ts'
import type { Outcome } from './outcomes.ts'

/** What was read of the hosts of an entry, in one line with ranges; none when no host was read. */
export function factsLine({ hosts }: Outcome): string[] {
  const facts = hosts.flatMap((host) => (host.facts === null ? [] : [host.facts]))
  if (facts.length === 0) return []
  const kernels = new Set(facts.map(({ kernel }) => kernel))
  const [kernel = ''] = kernels
  const others = kernels.size > 1 ? ` and ${kernels.size - 1} more` : ''
  const numbers = [
    span(facts, 'count', 'entries in use'),
    span(facts, 'max', 'at most'),
    span(facts, 'hashsize', 'buckets'),
    span(facts, 'memory_bytes', 'MiB when full', 2 ** 20),
  ]
  const tries = hosts.flatMap(({ tries: some }) => (some === undefined ? [] : [String(some)]))
  if (tries.length > 0) numbers.push([`${foldTexts(tries)} tries to get in`])
  return [[`kernel ${printable(kernel)}${others}`, ...numbers.flat()].join(', ')]
}

function span(
  facts: readonly FactsSummary[],
  key: 'count' | 'max' | 'hashsize' | 'memory_bytes',
  unit: string,
  unitSize = 1,
): string[] {
  const known = facts.flatMap(({ [key]: value }) =>
    value === null ? [] : [String(Math.ceil(value / unitSize))],
  )
  const folded = foldTexts(known)
  return folded === null ? [] : [`${folded} ${unit}`]
}
