import type { Scalar } from 'yaml'

/** What differs between the YAML of a playbook and that of an inventory. */
export interface Dialect {
  /** What the parser is told. */
  readonly parser: { readonly version?: '1.1'; readonly schema?: 'failsafe' }
  /** Refuses directives (`%YAML`) and what the parser only warns of. */
  readonly isStrict: boolean
  readonly bounds: Bounds
  /** The value of a scalar, or why its tag gives it none. */
  readonly scalar: (node: Scalar.Parsed) => ScalarReading
  /** True for a tag under which a list or a mapping is what it looks like. */
  readonly takesCollectionTag: (tag: string) => boolean
  /** What to do about a tag that is not understood. */
  readonly tagRemedy: (tag: string) => string
  /** The name that a key stands for, undefined where it can be none; `source` as written, of a plain scalar. */
  readonly keyName: (value: unknown, source: string | undefined) => KeyName | undefined
}

/** What a text may cost at most; beyond it is an attack or an accident. */
interface Bounds {
  /** Lists, mappings and the like within one another. */
  readonly nesting: number
  readonly nestingRemedy: string
  /** Lexical pieces. */
  readonly pieces: number
  /** Values once the aliases are written out: `a: [*b, *b]` over and over doubles with each line. */
  readonly values: number
  /** Entries copied by `<<`. */
  readonly merged: number
}

export type ScalarReading = { readonly value: unknown } | 'unknown tag' | 'not of its tag'

export interface KeyName {
  readonly name: string
  /** False for a key that is a number, a boolean or null. */
  readonly isText: boolean
}
