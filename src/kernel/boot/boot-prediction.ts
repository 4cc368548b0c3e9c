/** A line of a file. */
export interface Place {
  readonly file: string
  readonly line: number
  /** The link through which it is read, when that is another path. */
  readonly via?: string
}

/**
 * `certain`: follows from the files and from sources that were read. `likely`: rests on a default of
 * the distribution or the kernel. `unknown`: two outcomes are possible, or something was unreadable.
 */
export type Certainty = 'certain' | 'likely' | 'unknown'

/** A line that means to set a key and does not have the last word. */
export interface Loser extends Place {
  /** As the line spells it. */
  readonly key: string
  readonly value: string
  /** A clause: `/etc/sysctl.conf:3 sets it again later`. */
  readonly reason: string
}

/** What a reboot leaves for one key. */
export interface KeyPrediction {
  /** As the kernel prints it, blanks squeezed; null when the key is not there or its default is not known. */
  readonly value: string | null
  readonly from: 'sysctl' | 'module_option' | 'command_line' | 'kernel_default' | 'absent' | 'unknown'
  readonly decidedBy: Place | null
  readonly certainty: Certainty
  /** A sentence without a full stop. */
  readonly why: string
  readonly losers: readonly Loser[]
  /** Other values it may turn out to have, when `unknown`. */
  readonly alternatives: readonly string[]
}

/** What a reboot leaves. */
export interface BootPrediction {
  /** By canonical key, and `hashsize`. */
  readonly keys: ReadonlyMap<string, KeyPrediction>
  /** When the conntrack module comes, seen from the moment the sysctls are set. */
  readonly modulePresentAt: 'builtin' | 'before_sysctl' | 'after_sysctl' | 'never'
  readonly moduleCertainty: Certainty
  /** Who brings it, or why nobody does; a sentence without a full stop. */
  readonly moduleWhy: string
  /** Files that would be read and could not be. */
  readonly unreadable: readonly string[]
}
