import type { SourcePlace } from './statement.ts'

/** A host as the inventory describes it, its variables merged from all its groups. */
export interface Host {
  readonly name: string
  /** Every group it belongs to, directly or through children, without `all`; sorted. */
  readonly groups: readonly string[]
  /** The merged variables: `ansible_*` connection variables and the user's own, as YAML values. */
  readonly vars: Readonly<Record<string, unknown>>
  /** Where the value of a variable stands; undefined for those that nobody wrote. */
  readonly placeOf?: (variable: string) => SourcePlace | undefined
  /** What its templates see of the others; absent for a host that stands alone. */
  readonly inventory?: () => Inventory
}

export interface Group {
  readonly name: string
  readonly children: readonly string[]
  /** Hosts named in this group itself, in the order of the file. */
  readonly hosts: readonly string[]
  readonly vars: Readonly<Record<string, unknown>>
}

/** Everything the inventory sources say, merged; hosts keep the order in which they first appear. */
export interface Inventory {
  readonly hosts: ReadonlyMap<string, Host>
  /** With `all` and `ungrouped`. */
  readonly groups: ReadonlyMap<string, Group>
}
