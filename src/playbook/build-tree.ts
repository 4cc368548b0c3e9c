import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Problem } from '../problem.ts'
import { showText } from './show-value.ts'
import type { MapEntry, Place, YamlNode } from './yaml-node.ts'

/** Values in a file once its aliases are written out: `a: [*b, *b]` over and over doubles with each line. */
const mostValues = 200_000
/** Entries copied by `<<`, which the parser's own limit on aliases does not see. */
const mostMerged = 100_000

/** Ends the building of a tree that is an attack or an accident; caught in this file. */
class TooMuch extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.what)
    this.problem = problem
  }
}

const knownTag = /^(?:!|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq))$/
const plainInteger = /^-?(?:0|[1-9]\d*)$/

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
    if (weight <= mostValues) return node
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
    if (node.tag !== undefined && !knownTag.test(node.tag)) return unknownTag(node.tag, node.range[0])
    if (isScalar(node)) return buildScalar(node, node.range[0] === node.range[1] ? emptyPlace : place)
    if (isSeq(node)) return buildList(node, place)
    if (isMap(node)) return buildMap(node, place)
    return broken(place, 'this is not understood', 'write plain YAML')
  }

  function unknownTag(tag: string, valueOffset: number): YamlNode {
    const start = text.lastIndexOf('!', valueOffset)
    const place = placeOf(text[start - 1] === '!' ? start - 1 : start)
    const shown = showText(tag.replace(/^tag:yaml\.org,2002:/, '!!'))
    const remedy =
      tag === '!vault'
        ? 'keep secrets in the inventory; a playbook needs none'
        : 'remove it, or put the text in quotes if it is meant as written'
    return broken(place, `${shown} is a YAML tag, which is not understood here`, remedy)
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
    const entries = new Map<string, MapEntry>()
    for (const { key, value } of node.items) {
      const keyPlace = placeOf(key.range[0])
      const name = keyText(key)
      if (name === undefined) {
        broken(keyPlace, 'a key must be a plain text', 'write `key: value`')
        continue
      }
      const isMerge = isScalar(key) && key.type === 'PLAIN' && name === '<<'
      const built = value === null ? nothing(keyPlace) : build(value, keyPlace)
      if (isMerge) {
        mergeInto(entries, built, keyPlace)
        continue
      }
      const first = own.get(name)
      if (first === undefined) own.set(name, { keyPlace, value: built })
      else
        broken(
          keyPlace,
          `\`${showText(name)}\` stands a second time in this mapping, first at line ${first.keyPlace.line}`,
          'keep one of them',
        )
    }
    for (const [name, entry] of own) entries.set(name, entry)
    return weigh(
      { kind: 'map', entries, place },
      Array.from(entries.values(), ({ value }) => value),
    )
  }

  /** Earlier merges win over later ones; a mapping's own keys win over all. */
  function mergeInto(entries: Map<string, MapEntry>, source: YamlNode, place: Place): void {
    if (source.kind === 'list') {
      for (const item of source.items) mergeInto(entries, item.kind === 'list' ? nothing(place) : item, place)
      return
    }
    if (source.kind === 'broken') return
    if (source.kind === 'scalar') {
      broken(place, '`<<` takes a mapping or a list of mappings', 'write `<<: *anchor`')
      return
    }
    merged += source.entries.size
    if (merged > mostMerged)
      throw new TooMuch({
        ...place,
        what: 'far too much is merged by `<<`',
        remedy: 'write out what is meant',
      })
    for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry)
  }

  try {
    return { root: build(contents, placeOf(contents.range[0])), problems }
  } catch (error) {
    if (error instanceof TooMuch) return { problems: [error.problem] }
    throw error
  }
}

function buildScalar(node: Scalar.Parsed, place: Place): YamlNode {
  const isQuoted = node.type !== 'PLAIN' || node.tag !== undefined
  const { value } = node
  // As written: what a kernel would read as octal must not be turned into another number on the way.
  if (typeof value === 'number' && !(plainInteger.test(node.source) && Number.isSafeInteger(value)))
    return { kind: 'scalar', value: node.source, isQuoted, place }
  return { kind: 'scalar', value: value as string | number | boolean | null, isQuoted, place }
}

function nothing(place: Place): YamlNode {
  return { kind: 'scalar', value: null, isQuoted: false, place }
}

function keyText(key: ParsedNode): string | undefined {
  if (!isScalar(key)) return undefined
  const text = key.type === 'PLAIN' ? key.source : String(key.value)
  return text === '' ? undefined : text
}

/** `{{ name }}`: a flow mapping whose one key is a flow mapping. */
function isBareTemplate(node: YAMLMap.Parsed): boolean {
  const [first] = node.items
  return node.flow === true && node.items.length === 1 && isMap(first?.key) && first.key.flow === true
}
