/** One thing that differs from the wish, in the order in which it is to be done. */
export interface Change {
  readonly kind: 'live' | 'file' | 'module' | 'rule'
  /** A sysctl key, `hashsize`, a file's path or a module's name. */
  readonly key: string
  /** The place on the host: path of the kernel's file or of the file on disk, or the module's name. */
  readonly path: string
  /** What stands there now; null when nothing does. Also a guard: apply refuses a place that has moved since. */
  readonly before: string | null
  readonly after: string
  /** For people; no code looks at it. */
  readonly reason: string
}

export type ChangeState = 'planned' | 'applied' | 'verified' | 'failed'

export interface Finding {
  /** Stable word for programs: `module-not-loaded`, `key-missing`, `overridden-by-file`, … */
  readonly code: string
  readonly severity: 'info' | 'warning' | 'error'
  readonly message: string
  readonly hint: string
}

/** What has to happen on one host. An empty list of changes and no refusal: the host is as wished. */
export interface HostPlan {
  readonly changes: readonly Change[]
  readonly findings: readonly Finding[]
  /** Set when the host cannot take the wish at all; then nothing is changed. */
  readonly verdict: 'possible' | 'unsupported' | 'refused'
}
