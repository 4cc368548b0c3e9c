/** One thing that differs from the wish, in the order in which it is to be done. */
export interface Change {
  readonly kind: 'live' | 'file' | 'module' | 'rule' | 'drain'
  /** A sysctl key, `hashsize`, a file's path, a module's name, or which entries are to go. */
  readonly key: string
  /** The place on the host: path of the kernel's file or of the file on disk, or the module's name. */
  readonly path: string
  /** What stands there now; null when nothing does. Also a guard: apply refuses a place that has moved since. */
  readonly before: string | null
  /** What shall stand there; null: nothing, the file is removed. */
  readonly after: string | null
  /** For people; no code looks at it. */
  readonly reason: string
  /** Mode and owner of a file that was removed, `640 0:4`: a rollback gives it them again. */
  readonly attributes?: string
  /** How a `rule` is made and undone; the other kinds know by themselves. */
  readonly commands?: RuleCommands
}

/** Shell commands, in which every value is quoted already. Run as root, from the host's root folder. */
export interface RuleCommands {
  /** Fails, with the reason on standard error, when the rule could not be made; it is then as if it had not run. */
  readonly make: string
  /** Does nothing, and does not fail, where the rule is not there: it may run at any moment, and twice. */
  readonly undo: string
}

export type ChangeState = 'planned' | 'applied' | 'verified' | 'failed'

export interface Finding {
  /** Stable word for programs: `module-not-loaded`, `key-missing`, `overridden-by-file`, … */
  readonly code: string
  readonly severity: 'info' | 'warning' | 'error'
  readonly message: string
  readonly hint: string
}

/**
 * Can the host take the wish? `unsupported`: not on this host (a container, a read-only /etc);
 * `refused`: a guard says no; `needs_root`: it could, but not as this user.
 */
export type Verdict = 'possible' | 'unsupported' | 'refused' | 'needs_root'

/** What has to happen on one host. No changes and `possible`: the host is as wished. Changes are empty unless `possible`. */
export interface HostPlan {
  readonly changes: readonly Change[]
  readonly findings: readonly Finding[]
  /** Set when the host cannot take the wish at all; then nothing is changed. */
  readonly verdict: Verdict
  /** Why the changes may cut us off; where there is a reason, a new connection has to confirm them. */
  readonly dangers?: readonly string[]
}
