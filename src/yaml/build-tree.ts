import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Problem } from '../problem.ts'
import { showText } from '../show-value.ts'
import type { Dialect, KeyName } from './dialect.ts'
import type { Place } from './place-finder.ts'
import type { MapEntry, MapNode, YamlNode } from './yaml-node.ts'

/** Ends the building of a tree that is an attack or an accident; caught in this file. */
class TooMuch extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.what)
    this.problem = problem
  }
}

/**
 * Resolves aliases and `<<` merges and keeps every position. Finds what YAML's grammar allows and we
 * do not: duplicate keys, keys that are no text, unquoted `{{ }}`, aliases that lead nowhere, to
 * themselves or to far too much. Such values become `broken` nodes, so that the rest is still checked;
 * of a bomb there is no rest and no root.
 */
export function buildTree(
  contents: ParsedNode,
  text: string,
  placeOf: (offset: number) => Place,
  dialect: Dialect,
): { root?: YamlNode; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const anchors = new Map<string, YamlNode | 'open'>()
  const weights = new WeakMap<YamlNode, number>()
  let merged = 0

  function broken(place: Place, what: string, remedy: string): YamlNode {
    problems.push({ ...place, what, remedy })
    return { kind: 'broken', place }
  }

  function weigh(node: YamlNode, parts: Iterable<YamlNode>): YamlNode {
    let weight = 1
    for (const part of parts) weight += weights.get(part) ?? 1
    weights.set(node, weight)
    if (weight <= dialect.bounds.values) return node
    throw new TooMuch({
      ...node.place,
      what: 'its aliases stand for far too many values',
      remedy: 'write out what is meant, with fewer aliases',
    })
  }

  function build(node: ParsedNode, emptyPlace: Place): YamlNode {
    if (isAlias(node)) return buildAlias(node.source, placeOf(node.range[0]))
    const { anchor } = node
    if (anchor !== undefined) anchors.set(anchor, 'open')
    const built = buildValue(node, emptyPlace)
    if (anchor !== undefined) anchors.set(anchor, built)
    return built
  }

  function buildValue(node: Exclude<ParsedNode, Alias.Parsed>, emptyPlace: Place): YamlNode {
    const place = placeOf(node.range[0])
    if (isScalar(node)) return buildScalar(node, node.range[0] === node.range[1] ? emptyPlace : place)
    if (node.tag !== undefined && !dialect.takesCollectionTag(node.tag))
      return unknownTag(node.tag, node.range[0])
    if (isSeq(node)) return buildList(node, place)
    if (isMap(node)) return buildMap(node, place)
    return broken(place, 'this is not understood', 'write plain YAML')
  }

  function buildScalar(node: Scalar.Parsed, place: Place): YamlNode {
    const reading = dialect.scalar(node)
    const { tag = '' } = node
    if (reading === 'unknown tag') return unknownTag(tag, node.range[0])
    if (reading === 'not of its tag')
      return broken(
        tagPlace(node.range[0]),
        `the value does not fit its tag ${shortTag(tag)}`,
        'correct the value, or remove the tag',
      )
    const isQuoted = node.type !== 'PLAIN' || node.tag !== undefined
    return { kind: 'scalar', value: reading.value, isQuoted, place }
  }

  function unknownTag(tag: string, valueOffset: number): YamlNode {
    const what = `${shortTag(tag)} is a YAML tag, which is not understood here`
    return broken(tagPlace(valueOffset), what, dialect.tagRemedy(tag))
  }

  function tagPlace(valueOffset: number): Place {
    const start = text.lastIndexOf('!', valueOffset)
    return placeOf(text[start - 1] === '!' ? start - 1 : start)
  }

  function buildAlias(name: string, place: Place): YamlNode {
    const target = anchors.get(name)
    if (target === undefined)
      return broken(
        place,
        `no anchor &${showText(name)} stands above this alias`,
        `define it, or write "*${showText(name)}" in quotes if a text is meant`,
      )
    if (target === 'open')
      return broken(place, `&${showText(name)} contains itself`, 'write out what is meant')
    return target
  }

  function buildList(node: YAMLSeq.Parsed, place: Place): YamlNode {
    const items = node.items.map((item) => build(item, placeOf(item.range[0])))
    return weigh({ kind: 'list', items, place }, items)
  }

  function buildMap(node: YAMLMap.Parsed, place: Place): YamlNode {
    if (isBareTemplate(node))
      return broken(
        place,
        '{{ }} without quotes is a mapping to YAML',
        'put the value in quotes: "{{ name }}"',
      )
    const own = new Map<string, MapEntry>()
    const sources: MergeSource[] = []
    for (const { key, value } of node.items) {
      const keyPlace = placeOf(key.range[0])
      const isMerge = isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
      const keyName = isMerge ? mergeKey : keyOf(key, keyPlace)
      if (keyName === undefined) continue
      const built = value === null ? nothing(keyPlace) : build(value, keyPlace)
      if (isMerge) {
        for (const map of mergeSources(built, keyPlace)) sources.push({ map, keyPlace })
        continue
      }
      const { name, isText } = keyName
      const first = own.get(name)
      if (first === undefined) own.set(name, { key: name, keyIsText: isText, keyPlace, value: built })
      else
        broken(
          keyPlace,
          `\`${showText(name)}\` stands a second time in this mapping, first at line ${first.keyPlace.line}`,
          'keep one of them',
        )
    }
    const entries = mergedEntries(sources)
    for (const [name, entry] of own) entries.set(name, entry)
    return weigh(
      { kind: 'map', entries, place },
      Array.from(entries.values(), ({ value }) => value),
    )
  }

  /** Undefined for a key that has been told of as a problem. */
  function keyOf(key: ParsedNode, place: Place): KeyName | undefined {
    const built = isScalar(key) || isAlias(key) ? build(key, place) : undefined
    if (built?.kind === 'broken') return undefined
    const source = isScalar(key) && key.type === 'PLAIN' ? key.source : undefined
    const keyName = built?.kind === 'scalar' ? dialect.keyName(built.value, source) : undefined
    if (keyName === undefined) broken(place, 'a key must be a plain text', 'write `key: value`')
    return keyName
  }

  /** What `<<` names, in the order in which PyYAML lets the later win: of a list, the first comes last. */
  function mergeSources(source: YamlNode, place: Place): readonly MapNode[] {
    if (source.kind === 'map') return [source]
    if (source.kind === 'list')
      return source.items
        .toReversed()
        .flatMap((item) => mergeSources(item.kind === 'list' ? nothing(place) : item, place))
    if (source.kind === 'scalar')
      broken(place, '`<<` takes a mapping or a list of mappings', 'write `<<: *anchor`')
    return []
  }

  function mergedEntries(sources: readonly MergeSource[]): Map<string, MapEntry> {
    const entries = new Map<string, MapEntry>()
    for (const { map, keyPlace } of sources) {
      merged += map.entries.size
      if (merged > dialect.bounds.merged)
        throw new TooMuch({
          ...keyPlace,
          what: 'far too much is merged by `<<`',
          remedy: 'write out what is meant',
        })
      for (const [name, entry] of map.entries) entries.set(name, entry)
    }
    return entries
  }

  try {
    return { root: build(contents, placeOf(contents.range[0])), problems }
  } catch (error) {
    if (error instanceof TooMuch) return { problems: [error.problem] }
    throw error
  }
}

interface MergeSource {
  readonly map: MapNode
  /** Of its `<<`. */
  readonly keyPlace: Place
}

/** The name of `<<`, which is no key of the mapping. */
const mergeKey: KeyName = { name: '<<', isText: true }

function nothing(place: Place): YamlNode {
  return { kind: 'scalar', value: null, isQuoted: false, place }
}

function shortTag(tag: string): string {
  return showText(tag.replace(/^tag:yaml\.org,2002:/, '!!'))
}

/** `{{ name }}`: a flow mapping whose one key is a flow mapping. */
function isBareTemplate(node: YAMLMap.Parsed): boolean {
  const [first] = node.items
  return node.flow === true && node.items.length === 1 && isMap(first?.key) && first.key.flow === true
}
