import type { DrainFilter } from '../kernel/drain-filter.ts'
import type { Service } from '../kernel/firewall/service.ts'
import type { MaxPolicy } from '../kernel/max-policy.ts'
import type { Reader } from './reading.ts'
import type { Rollout } from './rollout.ts'
import type { NotrackService, WishedHashsize } from './wish.ts'
import type { Place } from '../yaml/place-finder.ts'

/** A playbook whose every line is checked; only what depends on a host's variables is still open. */
export interface Playbook {
  /** Path as the user gave it. */
  readonly file: string
  readonly plays: readonly Play[]
}

export interface Play {
  readonly name: string
  readonly place: Place
  /** Ansible's pattern; may hold `{{ }}` for variables of the command line. */
  readonly hosts: { readonly pattern: string; readonly place: Place }
  /** Undefined: what the inventory and the command line say. */
  readonly become: boolean | undefined
  readonly rollout: Rollout
  /** Entries, or a policy for them. */
  readonly max?: Setting<number | MaxPolicy>
  readonly hashsize?: Setting<WishedHashsize>
  /** Each key once, in the order of the playbook. */
  readonly sysctls: readonly SysctlSetting[]
  readonly persist: Setting<boolean>
  readonly conflicts: Setting<'report' | 'override'>
  readonly module: Setting<'load' | 'leave'>
  readonly unload?: Setting<readonly string[]>
  readonly notrack?: Setting<readonly NotrackService[]>
  readonly stateless?: Setting<readonly Service[]>
  /** Entries to delete. */
  readonly drain?: Setting<readonly DrainFilter[]>
}

export interface SysctlSetting {
  /** Dotted, in today's spelling. */
  readonly key: string
  readonly setting: Setting<string>
}

/** One value of a play: known from the file, or to be filled in for each host. */
export type Setting<T> = KnownSetting<T> | OpenSetting<T>

interface KnownSetting<T> {
  readonly kind: 'known'
  /** How messages call it: `conntrack.max`, `net.ipv4.tcp_fin_timeout`. */
  readonly label: string
  readonly place: Place
  readonly value: T
}

interface OpenSetting<T> {
  readonly kind: 'open'
  readonly label: string
  readonly place: Place
  readonly template: string
  readonly read: Reader<T>
}
