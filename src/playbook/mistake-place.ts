import type { Place } from '../yaml/place-finder.ts'
import type { YamlNode } from '../yaml/yaml-node.ts'
import type { Misread } from './reading.ts'

/** Where a mistake in the value at `node` stands; for something that is missing, what lacks it. */
export function mistakePlace(node: YamlNode, { path, isKey }: Misread['mistakes'][number]): Place {
  let found = node
  for (const [index, step] of path.entries()) {
    const entry = found.kind === 'map' ? found.entries.get(String(step)) : undefined
    if (isKey && index === path.length - 1) return entry?.keyPlace ?? found.place
    const next = found.kind === 'list' ? found.items[Number(step)] : entry?.value
    if (next === undefined) break
    found = next
  }
  return found.place
}
