import type { Problem } from '../problem.ts'

/** Where something stands in what the user wrote. */
export interface SourcePlace {
  /** Path as the user gave it, or `--option`. */
  readonly file: string
  /** 1-based. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
  /** What stands there was encrypted, and is not to be repeated. */
  readonly isSecret?: boolean
}

/** Variables by name, as YAML values; an integer beyond 2^53 is a bigint. */
export type Vars = Readonly<Record<string, unknown>>

/** Variables, and where each of them stands. */
export interface PlacedVars {
  readonly vars: Vars
  readonly places: ReadonlyMap<string, SourcePlace>
}

/** One thing that an inventory source says. The order matters, as it does to Ansible. */
export type Statement =
  | { readonly kind: 'group'; readonly group: string; readonly at: SourcePlace }
  | { readonly kind: 'child'; readonly group: string; readonly child: string; readonly at: SourcePlace }
  | {
      readonly kind: 'host'
      readonly group: string
      readonly host: string
      /** From `name:port`; counts only where the host is first named. */
      readonly port: number | null
      readonly at: SourcePlace
    }
  | {
      readonly kind: 'variable'
      /** Name of a group, or else of a host. */
      readonly of: string
      readonly key: string
      readonly value: unknown
      readonly at: SourcePlace
    }

/** One source, read but not yet put together with the others. */
export interface ParsedSource {
  readonly statements: readonly Statement[]
  readonly problems: readonly Problem[]
}
