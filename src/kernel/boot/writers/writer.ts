import type { Certainty, Place } from '../boot-prediction.ts'
import type { BootFile } from '../boot-system.ts'

/** What is to be known of a host to tell who else writes conntrack settings there. */
export interface WriterFacts {
  /** What runs: the words of /proc/PID/cmdline. Those of containers too, as the host sees them. */
  readonly processes: readonly { readonly argv: readonly string[] }[]
  /** CPUs that are online; null when not known. */
  readonly cores: number | null
  /** Names of the services that start at boot, without `.service`; null when they could not be listed. */
  readonly services: readonly string[] | null
  /** Those of `writerFiles` (writers.ts) that are there, with their lines. */
  readonly files: readonly BootFile[]
}

/** One value that a writer writes. */
export interface Written {
  /** Canonical key, or `hashsize`. */
  readonly key: string
  /** Null: not known, or the kernel's default. */
  readonly value: string | null
  /** `at_least`: only when what stands there is less. `default`: the kernel's default comes back. */
  readonly how: 'sets' | 'at_least' | 'default'
  /** The line that says so, where there is one. */
  readonly place: Place | null
}

/** Somebody else who writes conntrack settings, or brings the module at a time of his own. */
export interface Writer {
  /** Stable word for programs, `kube-proxy-writes`. */
  readonly code: string
  /** As people call it. */
  readonly name: string
  /** Empty: it writes nothing and loads the module only. */
  readonly writes: readonly Written[]
  /** A clause: `each time it starts`. */
  readonly when: string
  readonly certainty: Certainty
  /** What is not known, or what else there is to know; a sentence with a full stop, or empty. */
  readonly note: string
  /** A sentence that says what to do. */
  readonly cure: string
}
