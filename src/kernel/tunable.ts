/** One conntrack setting as Linux has it. */
export interface Tunable {
  /** Today's dotted name, `net.netfilter.nf_conntrack_udp_timeout`. */
  readonly key: string
  readonly area: 'size' | 'timeout' | 'option'
  /** As playbooks write it: without `nf_conntrack_` and `_timeout`. */
  readonly shortName: string
  readonly unit: 'entries' | 'buckets' | 'seconds' | 'switch' | 'number' | 'bytes'
  /**
   * How the kernel takes a number: `int`; `jiffies`, seconds kept as ticks of the clock; `byte`, from 5.15 on and an
   * int before; `long`; `resize`, which makes the hash table anew (kernel/sysctl.c and nf_conntrack_standalone.c).
   */
  readonly type: 'int' | 'jiffies' | 'byte' | 'long' | 'resize'
  /** Where its true value is read, when not in the file of the key itself. */
  readonly readBack?: string
  /**
   * `host`: one variable for all network namespaces. `namespace`: each has its own, from 3.6 on; up to 3.0
   * these too are one for all (nf_conntrack_proto_tcp.c of 3.0 and 3.10).
   */
  readonly scope: 'host' | 'namespace'
  /** The smallest value that makes sense, which may be more than the kernel would take. */
  readonly minimum: number
  /** The largest value that every kernel since `since` takes. */
  readonly maximum: number
  /** Why less, or more, is not to be written, as a clause for messages; absent where the number says it all. */
  readonly whyMinimum?: string
  readonly whyMaximum?: string
  /** Other names of the same variable, in this or in older kernels. */
  readonly aliases: readonly string[]
  /** First kernel that has the key; absent: since there is nf_conntrack (2.6.20). */
  readonly since?: string
  /** First kernel that no longer has it; absent: it is still there in 6.19. */
  readonly until?: string
  /** Value at load, as the newest kernel has it; absent where it depends on memory or configuration. */
  readonly default?: number
  /** Values at load of kernels before `before`, the oldest first. */
  readonly earlierDefaults?: readonly EarlierDefault[]
  readonly summary: string
  /** Where the fact stands, in the kernel's tree. */
  readonly source: string
}

export interface EarlierDefault {
  readonly before: string
  readonly value: number
}
