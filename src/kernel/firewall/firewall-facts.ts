import type { IpFamily } from './ruleset.ts'

/** What firewall.sh tells of a host's packet filter, as text. */
export interface FirewallFacts {
  /** Is nf_tables in the kernel, loaded or built in? */
  readonly hasNfTables: boolean
  /** Has any interface an IPv6 address? */
  readonly hasIpv6: boolean
  /** `nft list ruleset`; null where it was not asked or gave nothing. */
  readonly nft: string | null
  /** `iptables-save` of each kind that has tables. */
  readonly saved: readonly SavedTables[]
  /** What there is and could not be read: `nft`, `iptables-legacy`, … */
  readonly unreadable: readonly string[]
  /** Programs by name, with where they finally lead. */
  readonly tools: ReadonlyMap<string, string>
  /** Where our own connection arrives; null when it could not be told. */
  readonly sshPort: number | null
  /** Network interfaces by name. */
  readonly interfaces: readonly string[]
  /** Loaded modules; null on a kernel that has none. */
  readonly modules: readonly LoadedModule[] | null
}

interface SavedTables {
  readonly tool: 'iptables-legacy' | 'iptables-nft'
  readonly family: IpFamily
  readonly text: string
}

/** A line of /proc/modules. */
export interface LoadedModule {
  readonly name: string
  /** How many use it: modules, rules, sockets. */
  readonly uses: number
  /** The modules among those. */
  readonly users: readonly string[]
}
