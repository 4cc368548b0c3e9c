import type { Service } from '../kernel/firewall/service.ts'
import type { DrainFilter } from '../kernel/drain-filter.ts'
import type { MaxPolicy } from '../kernel/max-policy.ts'

/** A value the kernel shall hold under a sysctl key. */
export interface WishedSysctl {
  /** Dotted, in today's spelling: `net.netfilter.nf_conntrack_udp_timeout`. */
  readonly key: string
  /** As the kernel prints it: plain decimals, single blanks between several numbers. */
  readonly value: string
}

/** The wished number of hash buckets, before the kernel rounds it. */
export type WishedHashsize =
  | { readonly kind: 'buckets'; readonly buckets: number }
  | { readonly kind: 'max_divided_by'; readonly divisor: number }

/** A service whose packets shall not be tracked, or (not `isPresent`) shall be tracked again. */
export interface NotrackService extends Service {
  readonly isPresent: boolean
  /** Add rules that let its untracked packets pass, where the firewall would drop them. */
  readonly accept: boolean
}

/** What one play asks of one host: variables filled in, durations in seconds, defaults set. Pure data. */
export interface Wish {
  /** The play's name. */
  readonly play: string
  /** Entries, or a rule that gives them for each host. */
  readonly max?: number | MaxPolicy
  readonly hashsize?: WishedHashsize
  /** Timeouts, options and neighbours, each key once, in the order of the playbook. */
  readonly sysctls: readonly WishedSysctl[]
  /** Must it survive a reboot? */
  readonly persist: boolean
  /** What to do about lines of other files that would have the last word at boot. */
  readonly conflicts: 'report' | 'override'
  /** Load the conntrack module now where it is missing, or leave the host as it is until it loads. */
  readonly module: 'load' | 'leave'
  /** Absent: nothing is asked of the packet filter. */
  readonly notrack?: readonly NotrackService[]
  /** Services that shall be let in whatever the state of their packets. */
  readonly stateless?: readonly Service[]
  /** Modules that shall not be loaded. */
  readonly unload?: readonly string[]
  /** Entries to delete. */
  readonly drain?: readonly DrainFilter[]
}
