import type { Place } from '../yaml/place-finder.ts'
import type { YamlNode } from '../yaml/yaml-node.ts'
import type { Misread } from './reading.ts'

type PlacedMistake = Misread['mistakes'][number]

/** Where a mistake in the value at `node` stands; for something that is missing, what lacks it. */
export function mistakePlace(node: YamlNode, { path, isKey }: PlacedMistake): Place {
  if (!isKey) return partAt(node, path).place
  const owner = partAt(node, path.slice(0, -1))
  const entry = owner.kind === 'map' ? owner.entries.get(String(path.at(-1))) : undefined
  return entry?.keyPlace ?? owner.place
}

/** The part of the value at `node` that a path leads to, as far as there is one. */
export function partAt(node: YamlNode, path: PlacedMistake['path']): YamlNode {
  let found = node
  for (const step of path) {
    const next = found.kind === 'list' ? found.items[Number(step)] : undefined
    const part = found.kind === 'map' ? found.entries.get(String(step))?.value : next
    if (part === undefined) break
    found = part
  }
  return found
}
