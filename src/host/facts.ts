import type { BootFile, InitKind } from '../kernel/boot/boot-system.ts'
import type { FirewallFacts } from '../kernel/firewall/firewall-facts.ts'
import type { WriterFacts } from '../kernel/boot/writers/writer.ts'

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
  /** Online now, or null where the host does not tell. */
  readonly cores: number | null
  /** What the kernel's allocator takes for one entry, or null where it may not be read. */
  readonly entryBytes: number | null
  /** Which conntrack the running kernel shows: `ip` is the one before 2.6.20. */
  readonly family: 'nf' | 'ip' | 'none'
  readonly module: 'loaded' | 'builtin' | 'absent'
  /** Those of the conntrack modules we know that are there, built in or loaded; nf_conntrack_ipv4 also where it could be. */
  readonly conntrackModules: readonly string[]
  /** True where the running kernel's modules are on disk and conntrack is not among them: it can have no table. */
  readonly lacksModule: boolean
  /**
   * False in a network namespace that is not the kernel's first one: net.nf_conntrack_max stands in
   * that one only (nf_conntrack_standalone.c), and max and hashsize belong to it.
   */
  readonly hasAlias: boolean
  /** Entries now, or null when no table is there. */
  readonly count: number | null
  /** Entries, or null when no table is there. */
  readonly max: number | null
  /** Buckets, or null when no table is there or it may not be read. */
  readonly hashsize: number | null
  /** Of a page: the unit of the kernel's hashsize rounding. */
  readonly pageBytes: number
  /** Since boot, summed over the CPUs, by column name (`drop`, `early_drop`, `insert_failed`, …). */
  readonly statistics: Readonly<Record<string, number>>
  /** What was asked about, by key. */
  readonly places: ReadonlyMap<string, Place>
  /** Our own files, and those of others that the plan may edit, by path. */
  readonly files: ReadonlyMap<string, FileState>
  readonly boot: BootFacts
  /** What a change of ours left there: one that goes on just now, or that was killed. */
  readonly atWork: AtWork
  /** Processes and files of others who write; null when they were not looked for. */
  readonly writers: Pick<WriterFacts, 'processes' | 'files'> | null
  /** The packet filter; null when it was not asked for. */
  readonly firewall: FirewallFacts | null
  /** How the table has fared; not there when it was not asked for. */
  readonly usage?: UsageFacts
  /** What the table holds; not there when it was not asked for. */
  readonly picture?: PictureFacts
  /** How many entries fit what a play wants drained; not there when it was not asked for. */
  readonly drain?: DrainFacts
}

export interface DrainFacts {
  /** For each filter, in the order of the play, estimated where not all entries were looked at. */
  readonly matched: readonly number[]
  /** Of each, what the last of them has left by the kernel's own count. */
  readonly longestSeconds: readonly number[]
  /** Could the entries be read at all? */
  readonly isReadable: boolean
  readonly hasTool: boolean
  /** Can the connection that we come by be told from the others? */
  readonly knowsOwnSession: boolean
}

export type EntryClass = 'opening' | 'established' | 'closing' | 'udp' | 'other'
/** `aim` is a network of destinations, `pair` a source, its destination and port, `pool` an address that stands in for others. */
export type TopKind = 'source' | 'network' | 'destination' | 'aim' | 'port' | 'pair' | 'pool'

/** One pass over the table, or over its first entries, which are a fair sample. */
export interface PictureFacts {
  /** `unreadable` needs root; `missing` has neither /proc/net/nf_conntrack nor the conntrack tool. */
  readonly source: 'proc' | 'conntrack' | 'unreadable' | 'missing'
  readonly taken: number
  /** Lines of another shape than an entry has. */
  readonly strange: number
  readonly isSample: boolean
  /** Entries whose addresses are translated at the source. */
  readonly translated: number
  /** The host was busy, so that less was read. */
  readonly isBusy: boolean
  readonly cells: readonly {
    readonly count: number
    readonly protocol: string
    /** `-` where the protocol has none. */
    readonly state: string
    readonly flag: 'assured' | 'unreplied' | 'replied'
    /** At least so long idle; -1 not known, -2 it still has a longer timeout than is configured now. */
    readonly idleSeconds: number
  }[]
  /** The most frequent of each class; counts are short by a thousandth at most. */
  readonly tops: readonly {
    readonly count: number
    readonly kind: TopKind
    readonly class: EntryClass
    readonly name: string
  }[]
}

/** What logs, other namespaces and a sample of the table tell. */
export interface UsageFacts {
  readonly availableBytes: number | null
  /** The host's clock, or null where it does not tell. */
  readonly clock: HostClock | null
  readonly logs: readonly LogFacts[]
  /** Inode of the host's own network namespace. */
  readonly namespace: string | null
  /** Tables of other namespaces that were asked, and how many namespaces there are. */
  readonly namespaces: readonly NamespaceFacts[]
  readonly namespaceCount: number
  /** Of the first entries of the table. */
  readonly sample: {
    readonly entries: number
    readonly established: number
    /** Established, and idle for more than an hour. */
    readonly idle: number
  } | null
}

export interface HostClock {
  readonly epochSeconds: number
  /** Of its zone, east of Greenwich. */
  readonly zoneSeconds: number
  readonly uptimeSeconds: number | null
}

/** What one log has of tables that were full; `lines` is null where it may not be read. */
export interface LogFacts {
  /** `dmesg`, `journal`, or a file. */
  readonly source: string
  readonly lines: number | null
  readonly first: string
  readonly last: string
  /** By inode of the namespace, for those lines that name one. */
  readonly namespaces: ReadonlyMap<string, number>
}

export interface NamespaceFacts {
  readonly inode: string
  /** A process in it, and its name. */
  readonly pid: number
  readonly command: string
  readonly count: number
  readonly drop: number
  readonly earlyDrop: number
}

/** Who changes a host besides us. */
interface AtWork {
  /** The lock is held, by a process that lives: who, in the words of its controller; null when nobody holds it. */
  readonly holder: string | null
  /** Is there a journal? Without a holder it is that of a run that was killed, and the host is half changed. */
  readonly hasJournal: boolean
}

/** What a host tells of its next boot. */
export interface BootFacts {
  readonly init: InitKind
  /** As `252`; null when unknown or not there. */
  readonly systemdVersion: string | null
  /** As `3.3.17`, by the name of its library; null when unknown, or not looked for beside systemd. */
  readonly procpsVersion: string | null
  /** Started at boot, without `.service`; null when they could not be listed. */
  readonly services: readonly string[] | null
  /** /proc/cmdline; null when it could not be read. */
  readonly commandLine: string | null
  /** Type of the file system that /etc stands on, as /proc/mounts names it; null when not known. */
  readonly etcFileSystem: string | null
  /** Has it been started by ostree? */
  readonly isOstree: boolean
  /** What is read at boot, each with the lines that may concern us. */
  readonly files: readonly BootFile[]
}

/** A file under /proc/sys or /sys that holds one value. */
export type Place =
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly path: string }
  | {
      readonly state: 'present'
      readonly path: string
      /** Blanks squeezed to one. */
      readonly value: string
      readonly writable: boolean
    }

type Folder = 'writable' | 'read_only' | 'missing'

/** A file that may be there. */
export type FileState =
  | { readonly state: 'missing'; readonly folder: Folder }
  | { readonly state: 'present'; readonly folder: Folder; readonly text: string }
  | {
      readonly state: 'strange'
      readonly why: 'link' | 'not_a_file' | 'unreadable' | 'too_long' | 'not_text'
    }
