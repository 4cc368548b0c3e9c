/** Where something stands in a file; line and column are 1-based. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** YAML with aliases and merges resolved and every position kept. An anchored node is one object, however often it is used. */
export type YamlNode = ScalarNode | ListNode | MapNode | BrokenNode

interface ScalarNode {
  readonly kind: 'scalar'
  /** A number only where it is a plain decimal integer: `010000`, `0x10`, `1e6` and `1.5` are text here. */
  readonly value: string | number | boolean | null
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
