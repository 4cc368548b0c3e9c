interface RiskyChange {
  readonly keys: RegExp
  /** Is this change, from one value to another, the dangerous one? */
  readonly isRisky: (before: string, after: string) => boolean
  readonly why: string
  readonly source: string
}

const isSwitchedOn = (before: string, after: string): boolean => before === '0' && after !== '0'
const isSwitchedOff = (before: string, after: string): boolean => before !== '0' && after === '0'
const ipSysctl = 'Documentation/networking/ip-sysctl.rst'

/**
 * Neighbours whose change, made over the network, may end that network for the operator or for those
 * behind the host. Others only make things slower or faster and are not here.
 */
const riskyChanges: readonly RiskyChange[] = [
  {
    keys: /^net\.ipv4\.(ip_forward|conf\..+\.forwarding)$/,
    isRisky: isSwitchedOff,
    why: 'the host stops routing; containers and everything behind it lose the network',
    source: ipSysctl,
  },
  {
    keys: /^net\.ipv6\.conf\..+\.forwarding$/,
    isRisky: (before, after) => before !== after,
    why: 'switched on, the host no longer takes its default route from router advertisements; switched off, it stops routing',
    source: `${ipSysctl}, accept_ra`,
  },
  {
    keys: /^net\.ipv[46]\.conf\..+\.rp_filter$/,
    isRisky: (before, after) => before !== '1' && after === '1',
    why: 'strict reverse path filtering drops what comes in by another way than answers go out',
    source: `${ipSysctl}, RFC 3704`,
  },
  {
    keys: /^net\.ipv6\.conf\..+\.disable_ipv6$/,
    isRisky: isSwitchedOn,
    why: 'all IPv6 addresses are removed at once, with the sessions over them',
    source: ipSysctl,
  },
  {
    keys: /^net\.ipv4\.conf\..+\.arp_ignore$/,
    isRisky: (before, after) => before !== after && Number(after) >= 3,
    why: 'the host may no longer answer ARP for the address it is reached by',
    source: ipSysctl,
  },
  {
    keys: /^net\.ipv4\.tcp_tw_recycle$/,
    isRisky: isSwitchedOn,
    why: 'connections from behind a NAT are dropped by their timestamps; removed in 4.12 for that',
    source: 'commit 4396e46187ca',
  },
  {
    keys: /^net\.ipv4\.tcp_timestamps$/,
    isRisky: (before, after) => before !== after,
    why: 'open connections keep what they negotiated, but those of a host with tcp_tw_recycle break; nothing is won for conntrack',
    source: ipSysctl,
  },
  {
    keys: /^net\.netfilter\.nf_conntrack_tcp_loose$/,
    isRisky: isSwitchedOff,
    why: 'connections that are open but not in the table, after a flush or a failover, are dropped by stateful rules',
    source: 'Documentation/networking/nf_conntrack-sysctl.rst',
  },
]

/** Why this change of a neighbouring key may cut people off; null where it does not. */
export function whyRisky(key: string, before: string, after: string): string | null {
  return riskyChanges.find(({ keys, isRisky }) => keys.test(key) && isRisky(before, after))?.why ?? null
}

/** From which values a change to `after` is risky: from none, from 0 only, or from any other; and why. */
export function riskOf(
  key: string,
  after: string,
): { readonly risk: 'no' | 'zero' | 'any'; readonly why: string } {
  const fromAny = whyRisky(key, after === '9' ? '8' : '9', after)
  if (fromAny !== null) return { risk: 'any', why: fromAny }
  const fromZero = whyRisky(key, '0', after)
  return fromZero === null ? { risk: 'no', why: '' } : { risk: 'zero', why: fromZero }
}
