/** Which entries of a table are meant: all that fit every part that is given. At least one is. */
export interface DrainFilter {
  readonly protocol?: string
  /** Of TCP, as the kernel prints it. */
  readonly state?: string
  /** Destination port of the connection's first packet. */
  readonly port?: number
  /** Addresses of the connection's first packet, as people write them. */
  readonly source?: string
  readonly destination?: string
  /** Idle for at least so long. */
  readonly idleSeconds?: number
}

/** States of nf_conntrack_proto_tcp.c (tcp_conntrack_names), in the order of a connection's life. */
export const tcpStates = [
  'SYN_SENT',
  'SYN_SENT2',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
] as const

/** Protocols that the table has lines of their own for. */
export const drainProtocols = ['tcp', 'udp', 'icmp', 'icmpv6', 'sctp', 'gre', 'dccp', 'udplite'] as const

/** The timeout that entries of a filter have, by its state or protocol. */
const timeoutNames: Readonly<Record<string, string>> = {
  SYN_SENT: 'tcp_timeout_syn_sent',
  SYN_SENT2: 'tcp_timeout_syn_sent',
  SYN_RECV: 'tcp_timeout_syn_recv',
  ESTABLISHED: 'tcp_timeout_established',
  FIN_WAIT: 'tcp_timeout_fin_wait',
  CLOSE_WAIT: 'tcp_timeout_close_wait',
  LAST_ACK: 'tcp_timeout_last_ack',
  TIME_WAIT: 'tcp_timeout_time_wait',
  CLOSE: 'tcp_timeout_close',
  tcp: 'tcp_timeout_established',
  udp: 'udp_timeout_stream',
  icmp: 'icmp_timeout',
  icmpv6: 'icmpv6_timeout',
}

/** The sysctl of the longest timeout that entries of a filter may have. */
export function timeoutOf({ state, protocol }: DrainFilter): string {
  return `net.netfilter.nf_conntrack_${timeoutNames[state ?? protocol ?? ''] ?? 'generic_timeout'}`
}

/** All of them. */
export const drainTimeouts: readonly string[] = [
  ...new Set(
    [...Object.values(timeoutNames), 'generic_timeout'].map((name) => `net.netfilter.nf_conntrack_${name}`),
  ),
]

/** States in which nobody is using a connection any longer, or yet. */
const restingStates: ReadonlySet<string> = new Set(tcpStates.filter((state) => state !== 'ESTABLISHED'))

/** May such entries belong to connections that are in use? */
export function mayBeInUse({ state, idleSeconds }: DrainFilter): boolean {
  return idleSeconds === undefined && !(state !== undefined && restingStates.has(state))
}

/** `tcp ESTABLISHED to port 443, idle for 3600 s`: for people. */
export function describeFilter({
  protocol,
  state,
  port,
  source,
  destination,
  idleSeconds,
}: DrainFilter): string {
  return [
    protocol,
    state,
    port === undefined ? undefined : `to port ${port}`,
    source === undefined ? undefined : `from ${source}`,
    destination === undefined ? undefined : `to ${destination}`,
    idleSeconds === undefined ? undefined : `idle for ${idleSeconds} s`,
  ]
    .filter((part) => part !== undefined)
    .join(' ')
}

/**
 * A filter as drain.sh takes it: `protocol|state|port|source|source|destination|destination|idle`, `-` for what is not
 * asked. An IPv6 address stands there twice: as /proc/net/nf_conntrack prints it (in full) and as conntrack -L does.
 */
export function filterText({ protocol, state, port, source, destination, idleSeconds }: DrainFilter): string {
  return [
    protocol ?? '-',
    state ?? '-',
    port ?? '-',
    ...bothForms(source),
    ...bothForms(destination),
    idleSeconds ?? '-',
  ].join('|')
}

function bothForms(address: string | undefined): readonly [string, string] {
  if (address === undefined) return ['-', '-']
  if (!address.includes(':')) return [address, address]
  return [fullAddress(address), address.toLowerCase()]
}

/** `fd00::1` as `fd00:0000:0000:0000:0000:0000:0000:0001`. */
export function fullAddress(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(':')
}
