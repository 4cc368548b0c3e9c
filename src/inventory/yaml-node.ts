import type { SourcePlace } from './statement.ts'

/** A YAML document with places, aliases and merge keys resolved, scalars read as Ansible reads them. */
export type YamlNode =
  | { readonly kind: 'scalar'; readonly value: unknown; readonly at: SourcePlace }
  | { readonly kind: 'list'; readonly items: readonly YamlNode[]; readonly at: SourcePlace }
  | { readonly kind: 'map'; readonly entries: readonly YamlEntry[]; readonly at: SourcePlace }

export interface YamlEntry {
  /** Keys that are no text are spelled as in JSON. */
  readonly key: string
  readonly keyIsText: boolean
  /** Where the key stands. */
  readonly at: SourcePlace
  readonly value: YamlNode
}

/** The plain values of a tree: objects, arrays and scalars. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainValue)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]))
}

/** True for a node that says nothing: `key:` with no value. */
export function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null
}
