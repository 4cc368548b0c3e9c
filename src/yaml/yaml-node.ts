import type { Place } from './place-finder.ts'

/** YAML with aliases and merges resolved and every position kept. An anchored node is one object, however often it is used. */
export type YamlNode = ScalarNode | ListNode | MapNode | BrokenNode

interface ScalarNode {
  readonly kind: 'scalar'
  /** As its dialect reads it. */
  readonly value: unknown
  /** Written in quotes, as a block or under a tag, so that `"on"` means the word. */
  readonly isQuoted: boolean
  readonly place: Place
}

interface ListNode {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
  readonly place: Place
}

export interface MapNode {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, MapEntry>
  readonly place: Place
}

export interface MapEntry {
  readonly key: string
  /** False where the key is written as a number, a boolean or null. */
  readonly keyIsText: boolean
  readonly keyPlace: Place
  readonly value: YamlNode
}

/** A value about which a problem has been reported already: nobody needs to hear of it twice. */
interface BrokenNode {
  readonly kind: 'broken'
  readonly place: Place
}

/** The same as plain JavaScript values; undefined where the node is broken. */
export function toPlain(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(toPlain)
    case 'map':
      return Object.fromEntries(Array.from(node.entries, ([key, { value }]) => [key, toPlain(value)]))
    case 'broken':
      return undefined
  }
}

/** True for a node that says nothing: `key:` with no value. */
export function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** The node at `path` below `node`, or undefined where there is none. */
export function nodeAt(node: YamlNode, path: readonly PropertyKey[]): YamlNode | undefined {
  let found: YamlNode | undefined = node
  for (const step of path) {
    if (found?.kind === 'map') found = found.entries.get(String(step))?.value
    else if (found?.kind === 'list') found = found.items[Number(step)]
    else return undefined
  }
  return found
}
