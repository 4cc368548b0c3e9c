import type { Scalar } from 'yaml'
import type { Dialect, ScalarReading } from '../yaml/dialect.ts'
import { type ReadYaml, readYaml } from '../yaml/read-yaml.ts'

/** Reads a playbook: YAML 1.2, without directives and with no tags but those of its core. Never throws. */
export function readPlaybookYaml(text: string, file: string): ReadYaml {
  return readYaml(text, file, dialect)
}

const knownTag = /^(?:!|tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq))$/
const plainInteger = /^-?(?:0|[1-9]\d*)$/

const dialect: Dialect = {
  parser: {},
  isStrict: true,
  bounds: {
    nesting: 100,
    nestingRemedy: 'a playbook needs no more than six levels',
    // What 1 MiB of brackets would have a million of, and take many seconds and gigabytes.
    pieces: 200_000,
    values: 200_000,
    merged: 100_000,
  },
  scalar: readScalar,
  takesCollectionTag: (tag) => knownTag.test(tag),
  tagRemedy: (tag) =>
    tag === '!vault'
      ? 'keep secrets in the inventory; a playbook needs none'
      : 'remove it, or put the text in quotes if it is meant as written',
  keyName(value, source) {
    const name = source ?? String(value)
    return name === '' ? undefined : { name, isText: true }
  },
}

function readScalar({ value, source, tag }: Scalar.Parsed): ScalarReading {
  if (tag !== undefined && !knownTag.test(tag)) return 'unknown tag'
  // As written: what a kernel would read as octal must not be turned into another number on the way.
  if (typeof value === 'number' && !(plainInteger.test(source) && Number.isSafeInteger(value)))
    return { value: source }
  return { value }
}
