/** A packet filter as it stands in the kernel, by whichever tool it was read. Plain data. */
export interface Ruleset {
  readonly chains: readonly Chain[]
}

export type IpFamily = 'ip' | 'ip6'

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress'

export interface Chain {
  /** `inet` holds rules for both. */
  readonly family: IpFamily | 'inet' | 'other'
  readonly table: string
  readonly name: string
  /** Null for a chain that is reached by a jump only. */
  readonly base: BaseChain | null
  readonly rules: readonly FirewallRule[]
}

interface BaseChain {
  readonly hook: Hook
  /** Lower ones come first; raw is -300, conntrack itself -200, filter 0 (netfilter_ipv4.h). */
  readonly priority: number
  readonly policy: 'accept' | 'drop'
}

export interface FirewallRule {
  /** As the tool prints it, without chain, handle and counters: what it can be told to load again. */
  readonly text: string
  readonly matches: readonly Match[]
  readonly verdict: Verdict
  /** Empty where there is none. */
  readonly comment: string
}

/** What a packet must be for the rule to apply. All of them must hold. */
export type Match = (
  | { readonly on: 'protocol'; readonly values: readonly string[] }
  | { readonly on: 'port'; readonly side: Side; readonly ranges: readonly PortRange[] }
  | { readonly on: 'state'; readonly values: readonly string[] }
  | { readonly on: 'address'; readonly side: Side; readonly networks: readonly string[] }
  | { readonly on: 'family'; readonly values: readonly IpFamily[] }
  | { readonly on: 'loopback' }
  /** The address is one of the host's own. */
  | { readonly on: 'local'; readonly side: Side }
  /** Anything that is not understood here: it may hold or not. */
  | { readonly on: 'unknown' }
) & { readonly negated?: boolean }

export type Side = 'source' | 'destination'

/** First and last, both in it. */
export type PortRange = readonly [number, number]

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' | 'notrack' | 'nat' | 'helper' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

/** `inet filter input`, as a message names it. */
export function chainName({ family, table, name }: Pick<Chain, 'family' | 'table' | 'name'>): string {
  return `${family} ${table} ${name}`
}
