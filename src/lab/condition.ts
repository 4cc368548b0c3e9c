import type { Status } from '../report/host-result.ts'
import type { Fault } from './fault.ts'
import type { Entry } from './file-tree.ts'

/** The conntrack table of an embedded host. */
interface Table {
  /** Entries. */
  readonly max: number
  /** Buckets: a multiple of 512, as plain files do not round as the kernel does. */
  readonly hashsize: number
  /** Entries now. */
  readonly count: number
  /** Connections dropped since boot for want of room. */
  readonly drops?: number
  /** What /proc/net/nf_conntrack lists; absent where the kernel has no such file, as Debian's. */
  readonly entries?: 'idle'
}

/** A kind of embedded host: what it is and what is odd about it. Pure data; host-tree.ts makes files of it. */
export interface Condition {
  /** The host's name, with a number behind it where there are several. */
  readonly name: string
  /** The inventory group. */
  readonly group: string
  /** For people, a few words. */
  readonly summary: string
  /** How many hosts of this kind there are; 1 when absent. */
  readonly hosts?: number
  /** `uname -r`. */
  readonly kernel: string
  /** ID and VERSION_ID of os-release; absent on a system that is older than that file. */
  readonly os?: readonly [id: string, version: string]
  /** What boots it; systemd with its version. */
  readonly init: `systemd ${number}` | 'openrc' | 'sysvinit' | 'none'
  readonly memoryGib: number
  /** How the kernel has conntrack: `ip_conntrack` is the one before 2.6.20, `absent` means: not loaded yet. */
  readonly conntrack: 'module' | 'builtin' | 'absent' | 'ip_conntrack'
  readonly table: Table
  /** Values that are not the kernel's defaults, by sysctl key. */
  readonly values?: Readonly<Record<string, string>>
  /** Further files by path: their text, or what else stands there. */
  readonly files?: Readonly<Record<string, string | Entry>>
  /**
   * What a container cannot write: all of /proc/sys and /sys, or the numbers of the table, which are
   * those of another network namespace.
   */
  readonly readOnly?: 'proc_sys' | 'table'
  readonly fault?: Fault
  /** How `apply playbooks/relieve-now.yml` ends there: the demo and the tests hold it to that. */
  readonly relieved: Status
}
