import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Scalar } from 'yaml'
import type { Problem } from '../problem.ts'
import { encryptedValue, unsafeValue } from './marked-value.ts'
import type { SourcePlace } from './statement.ts'
import type { YamlEntry, YamlNode } from './yaml-node.ts'
import { resolveJsonScalar, resolvePlainScalar, resolveTaggedScalar } from './yaml-scalar.ts'

/** Tags under which a list or mapping is what it looks like; braces in `!unsafe` ones are left to their user. */
const collectionTags: ReadonlySet<string> = new Set([
  '!',
  '!unsafe',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
])

/** Values a file may come to once its aliases are expanded. */
const maxValues = 1_000_000

/** Ends the reading of a file: what comes behind would only repeat it. */
class TooManyValues extends Error {
  readonly at: SourcePlace

  constructor(at: SourcePlace) {
    super('too many values')
    this.at = at
  }
}

/** One file being turned into a tree. */
interface Reading extends YamlText {
  readonly problems: Problem[]
  /** By anchor: what it marks, or null while that is still being read. */
  readonly anchors: Map<string, { node: YamlNode; values: number } | null>
  values: number
}

/** Where the lines of the file are, and how its scalars read. */
export interface YamlText {
  readonly file: string
  readonly lines: LineCounter
  readonly isJson: boolean
}

/** Turns what the `yaml` package parsed (schema `failsafe`) into a tree; adds to `problems`. */
export function buildTree(contents: Node, text: YamlText, problems: Problem[]): YamlNode {
  try {
    return build(contents, { ...text, problems, anchors: new Map(), values: 0 })
  } catch (error) {
    if (!(error instanceof TooManyValues)) throw error
    const { at } = error
    complain({ problems }, at, `aliases multiply to more than ${maxValues} values`, 'write the values out')
    return { kind: 'scalar', value: null, at }
  }
}

function placeOf(node: Node, { file, lines }: Reading): SourcePlace {
  const { line, col } = lines.linePos(node.range?.[0] ?? 0)
  return { file, line, column: col }
}

function build(node: Node, reading: Reading): YamlNode {
  const at = placeOf(node, reading)
  reading.values += 1
  if (isAlias(node)) return follow(node.source, at, reading)
  const before = reading.values
  const anchor = 'anchor' in node && typeof node.anchor === 'string' ? node.anchor : null
  if (anchor !== null) reading.anchors.set(anchor, null)
  const built = buildOwn(node, at, reading)
  if (anchor !== null) reading.anchors.set(anchor, { node: built, values: reading.values - before + 1 })
  return built
}

function buildOwn(node: Node, at: SourcePlace, reading: Reading): YamlNode {
  if (isScalar(node)) return { kind: 'scalar', value: scalarValue(node, at, reading), at }
  if (node.tag !== undefined && !collectionTags.has(node.tag))
    complain(reading, at, `${shortTag(node.tag)} is not understood`, 'remove the tag')
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => build(item as Node, reading)), at }
  if (isMap(node)) return { kind: 'map', entries: buildEntries(node.items, at, reading), at }
  return { kind: 'scalar', value: null, at }
}

function follow(anchor: string, at: SourcePlace, reading: Reading): YamlNode {
  const target = reading.anchors.get(anchor)
  const nothing: YamlNode = { kind: 'scalar', value: null, at }
  if (target === undefined) {
    complain(reading, at, `*${anchor} refers to an anchor that is not there`, `set &${anchor} further up`)
    return nothing
  }
  if (target === null) {
    complain(reading, at, `*${anchor} stands inside what it refers to`, 'write the values out')
    return nothing
  }
  reading.values += target.values
  if (reading.values > maxValues) throw new TooManyValues(at)
  return target.node
}

function buildEntries(
  pairs: readonly { key: unknown; value: unknown }[],
  at: SourcePlace,
  reading: Reading,
): readonly YamlEntry[] {
  const merged: YamlEntry[] = []
  const own = new Map<string, YamlEntry>()
  for (const pair of pairs) {
    const keyNode = pair.key as Node | null
    const keyAt = keyNode === null ? at : placeOf(keyNode, reading)
    if (isScalar(keyNode) && keyNode.type === 'PLAIN' && keyNode.value === '<<') {
      if (pair.value !== null)
        for (const entry of mergedEntries(build(pair.value as Node, reading), reading)) merged.push(entry)
      continue
    }
    const key = keyNode === null ? null : keyText(build(keyNode, reading))
    if (keyNode !== null && key === null) {
      complain(reading, keyAt, 'a key is a list or a mapping', 'put {{ … }} in quotes; keys are plain text')
      continue
    }
    const value: YamlNode =
      pair.value === null ? { kind: 'scalar', value: null, at: keyAt } : build(pair.value as Node, reading)
    const { name, isText } = key ?? { name: 'null', isText: false }
    const first = own.get(name)
    if (first === undefined) own.set(name, { key: name, keyIsText: isText, at: keyAt, value })
    else
      complain(
        reading,
        keyAt,
        `the key ${name} stands there already, on line ${first.at.line}`,
        'remove one of the two',
      )
  }
  if (merged.length === 0) return [...own.values()]
  // As PyYAML orders them: what is merged stands first, what comes later wins.
  const all = new Map<string, YamlEntry>()
  for (const entry of [...merged, ...own.values()]) all.set(entry.key, entry)
  return [...all.values()]
}

/** A key as JSON would spell it; null for one that cannot be a name. */
function keyText(node: YamlNode): { readonly name: string; readonly isText: boolean } | null {
  if (node.kind !== 'scalar') return null
  const { value } = node
  if (typeof value === 'string') return { name: value, isText: true }
  if (typeof value === 'object' && value !== null) return null
  return { name: String(value), isText: false }
}

/** Of several mappings in one `<<` the first wins. */
function mergedEntries(node: YamlNode, reading: Reading): readonly YamlEntry[] {
  if (node.kind === 'map') return node.entries
  if (node.kind === 'list') return node.items.toReversed().flatMap((item) => mergedEntries(item, reading))
  complain(reading, node.at, '<< is followed by something else than a mapping', 'give << a mapping')
  return []
}

function scalarValue(node: Scalar, at: SourcePlace, reading: Reading): unknown {
  const text = String(node.value)
  const tag = node.tag ?? ''
  if (tag === '') {
    if (node.type !== 'PLAIN') return text
    return reading.isJson ? resolveJsonScalar(text) : resolvePlainScalar(text)
  }
  if (tag === '!') return text
  if (tag === '!vault' || tag === '!vault-encrypted') return encryptedValue(text)
  if (tag === '!unsafe') return unsafeValue(text)
  const value = resolveTaggedScalar(text, tag.replace(/^tag:yaml\.org,2002:/, ''))
  if (value === undefined)
    complain(
      reading,
      at,
      `${shortTag(tag)} is not understood, or the value does not fit it`,
      'remove the tag or correct the value',
    )
  return value
}

function shortTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, '!!')
}

function complain(reading: Pick<Reading, 'problems'>, at: SourcePlace, what: string, remedy: string): void {
  reading.problems.push({ ...at, what, remedy })
}
