/** What one reading of a host tells. Text from the host is bounded and parsed here, never trusted. */
export interface HostFacts {
  /** `uname -r`. */
  readonly kernel: string
  /** From os-release: `debian`, `rhel`, …; empty when unknown. */
  readonly os: { readonly id: string; readonly version: string }
  /** Of the shell we got: 0 is root. */
  readonly uid: number
  readonly bootId: string
  readonly memoryTotalBytes: number | null
  /** Which conntrack the running kernel shows: `ip` is the one before 2.6.20. */
  readonly family: 'nf' | 'ip' | 'none'
  readonly module: 'loaded' | 'builtin' | 'absent'
  /** True when the network namespace is not the kernel's first one: its max and hashsize belong to another. */
  readonly childNetns: boolean
  /** Entries now, or null when no table is there. */
  readonly count: number | null
  /** Entries, or null when no table is there. */
  readonly max: number | null
  /** Buckets, or null when no table is there or it may not be read. */
  readonly hashsize: number | null
  /** Bytes a page has: the unit of the kernel's hashsize rounding. */
  readonly pageBytes: number
  /** Since boot, summed over the CPUs, by column name (`drop`, `early_drop`, `insert_failed`, …). */
  readonly statistics: Readonly<Record<string, number>>
  /** What was asked about: each path of a tunable and what stands there. */
  readonly places: ReadonlyMap<string, Place>
  /** Our own files. */
  readonly files: ReadonlyMap<string, FileState>
  /** Lines in other files that assign something we manage, in the order they were read. */
  readonly assignments: readonly Assignment[]
}

/** A file under /proc/sys or /sys that holds one value. */
export type Place =
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable' }
  | {
      readonly state: 'present'
      /** Blanks squeezed to one. */
      readonly value: string
      /** From opening it for writing: the mode bits alone do not tell. */
      readonly writable: boolean
    }

/** A file that may be there. `text` is whole and exact. */
export type FileState =
  | { readonly state: 'missing'; readonly folder: 'writable' | 'read_only' | 'missing' }
  | {
      readonly state: 'present'
      readonly text: string
      readonly folder: 'writable' | 'read_only' | 'missing'
    }
  | { readonly state: 'strange'; readonly why: string }

/** `key = value` as somebody else's file has it. */
export interface Assignment {
  readonly file: string
  readonly line: number
  readonly text: string
}
