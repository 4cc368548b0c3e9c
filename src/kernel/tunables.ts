import type { EarlierDefault, Tunable } from './tunable.ts'

const sysctlSource = 'Documentation/networking/nf_conntrack-sysctl.rst'
const standalone = 'net/netfilter/nf_conntrack_standalone.c'

/** C's `int`: what the kernel's integer sysctls hold. */
const largestInt = 2_147_483_647

/**
 * INT_MAX / HZ at HZ=1000, the smallest limit among distribution kernels: above it a timeout is
 * EINVAL from 4.14 on and wraps silently before (kernel/sysctl.c, proc_dointvec_jiffies).
 */
const longestTimeoutSeconds = 2_147_483

/** INT_MAX / sizeof(struct hlist_nulls_head): the largest table any kernel allocates (nf_conntrack_core.c). */
const mostBuckets = 268_435_455

/** Keys that older kernels had for the same variable, when it was called ip_conntrack (until 4.8). */
function legacyName(name: string): readonly string[] {
  return [`net.ipv4.netfilter.${name.replace(/^nf_/, 'ip_')}`]
}

/** `tcp_timeout_established` -> `tcp_established`, `udp_timeout` -> `udp`. */
function withoutTimeout(name: string): string {
  return name.replace(/^nf_(conntrack_)?/, '').replace(/_timeout(?=_|$)/, '')
}

type Details = Partial<
  Pick<
    Tunable,
    'scope' | 'since' | 'until' | 'minimum' | 'maximum' | 'aliases' | 'source' | 'earlierDefaults' | 'type'
  >
>

function timeout(name: string, seconds: number, summary: string, details: Details = {}): Tunable {
  return {
    key: `net.netfilter.${name}`,
    area: 'timeout',
    shortName: withoutTimeout(name),
    unit: 'seconds',
    type: 'jiffies',
    scope: 'namespace',
    // The kernel takes 0 and less, which makes entries vanish at once: nobody means that.
    minimum: 1,
    whyMinimum: 'entries would vanish at once',
    maximum: longestTimeoutSeconds,
    whyMaximum: 'kernels that tick 1000 times a second take no more, and old ones wrap around silently',
    aliases: legacyName(name),
    default: seconds,
    summary,
    source: sysctlSource,
    ...details,
  }
}

function option(
  name: string,
  unit: 'switch' | 'number' | 'bytes',
  value: number | undefined,
  summary: string,
  details: Details = {},
): Tunable {
  return {
    key: `net.netfilter.${name}`,
    area: 'option',
    shortName: name.replace(/^nf_(conntrack_)?/, ''),
    unit,
    type: unit === 'bytes' ? 'long' : unit === 'switch' ? 'byte' : 'int',
    scope: 'namespace',
    minimum: 0,
    maximum: unit === 'switch' ? 1 : largestInt,
    aliases: legacyName(name),
    ...(value === undefined ? {} : { default: value }),
    summary,
    source: sysctlSource,
    ...details,
  }
}

/** Came with commit 2bc780499aa3. */
const dccpRemoved = { since: '2.6.26', until: '6.17', source: 'commit fd72f265bb00' }
const sctp = { source: 'net/netfilter/nf_conntrack_proto_sctp.c' }

/** The defaults of kernels before `before`, for pairs of both. */
function before(...pairs: readonly (readonly [version: string, value: number])[]): {
  readonly earlierDefaults: readonly EarlierDefault[]
} {
  return { earlierDefaults: pairs.map(([version, value]) => ({ before: version, value })) }
}

/** Every conntrack setting from 2.6.20 to 6.19. A key that a host lacks is left out there, not an error. */
export const tunables: readonly Tunable[] = [
  {
    key: 'net.netfilter.nf_conntrack_max',
    area: 'size',
    shortName: 'max',
    unit: 'entries',
    type: 'int',
    scope: 'host',
    // Commit 2b749f257645.
    minimum: 1,
    whyMinimum:
      '0 means no limit up to Linux 6.18 (memory is the end then) and is refused from 6.19 on (EINVAL)',
    maximum: largestInt,
    aliases: ['net.nf_conntrack_max', 'net.ipv4.ip_conntrack_max', 'net.ipv4.netfilter.ip_conntrack_max'],
    summary: 'Entries the table may hold; a new connection beyond that is dropped.',
    source: sysctlSource,
  },
  {
    key: 'net.netfilter.nf_conntrack_buckets',
    area: 'size',
    shortName: 'hashsize',
    unit: 'buckets',
    type: 'resize',
    // Kernels 4.8 to 5.11 do not refresh the sysctl when the parameter changes.
    readBack: '/sys/module/nf_conntrack/parameters/hashsize',
    scope: 'host',
    minimum: 1,
    maximum: mostBuckets,
    aliases: ['net.ipv4.netfilter.ip_conntrack_buckets'],
    summary: 'Buckets of the hash table; rounded up by the kernel. Written through the module parameter.',
    source: standalone,
  },
  option('nf_conntrack_expect_max', 'number', undefined, 'Expectations (related connections) at most.', {
    minimum: 1,
    scope: 'host',
  }),
  timeout('nf_conntrack_tcp_timeout_syn_sent', 120, 'TCP: SYN seen, no answer yet.'),
  timeout('nf_conntrack_tcp_timeout_syn_recv', 60, 'TCP: SYN answered, not yet acknowledged.'),
  timeout('nf_conntrack_tcp_timeout_established', 432_000, 'TCP: open and idle. Five days by default.'),
  timeout('nf_conntrack_tcp_timeout_fin_wait', 120, 'TCP: one side has closed.'),
  timeout('nf_conntrack_tcp_timeout_close_wait', 60, 'TCP: waiting for the other side to close.'),
  timeout('nf_conntrack_tcp_timeout_last_ack', 30, 'TCP: waiting for the last acknowledgement.'),
  timeout('nf_conntrack_tcp_timeout_time_wait', 120, 'TCP: closed on both sides.'),
  timeout('nf_conntrack_tcp_timeout_close', 10, 'TCP: reset.'),
  timeout('nf_conntrack_tcp_timeout_max_retrans', 300, 'TCP: after too many retransmissions.'),
  timeout('nf_conntrack_tcp_timeout_unacknowledged', 300, 'TCP: data sent and not acknowledged.', {
    since: '2.6.32',
  }),
  timeout('nf_conntrack_udp_timeout', 30, 'UDP: seen in one direction, or one answer only.'),
  timeout('nf_conntrack_udp_timeout_stream', 120, 'UDP: a stream in both directions.', before(['5.0', 180])),
  timeout('nf_conntrack_udplite_timeout', 30, 'UDP-Lite: one direction.', { until: '4.14' }),
  timeout('nf_conntrack_udplite_timeout_stream', 180, 'UDP-Lite: both directions.', { until: '4.14' }),
  timeout('nf_conntrack_icmp_timeout', 30, 'ICMP.'),
  timeout('nf_conntrack_icmpv6_timeout', 30, 'ICMPv6.'),
  timeout('nf_conntrack_generic_timeout', 600, 'Protocols that have no tracker of their own.'),
  timeout('nf_conntrack_gre_timeout', 30, 'GRE: one direction.', { since: '5.0' }),
  timeout('nf_conntrack_gre_timeout_stream', 180, 'GRE: both directions.', { since: '5.0' }),
  timeout('nf_conntrack_sctp_timeout_closed', 10, 'SCTP: closed.', sctp),
  timeout('nf_conntrack_sctp_timeout_cookie_wait', 3, 'SCTP: INIT sent.', sctp),
  timeout('nf_conntrack_sctp_timeout_cookie_echoed', 3, 'SCTP: COOKIE ECHO sent.', sctp),
  // 432000 up to 5.10.46, 210 in 5.10.223 and 5.15.100.
  timeout('nf_conntrack_sctp_timeout_established', 210, 'SCTP: open.', {
    ...sctp,
    ...before(['5.10.100', 432_000]),
  }),
  // 0.3 s, which reads back as 0; stable kernels of 4.19 and 5.10 took the new one.
  timeout('nf_conntrack_sctp_timeout_shutdown_sent', 3, 'SCTP: SHUTDOWN sent.', {
    ...sctp,
    ...before(['4.19.304', 0], ['4.20', 3], ['5.10.223', 0]),
  }),
  timeout('nf_conntrack_sctp_timeout_shutdown_recd', 3, 'SCTP: SHUTDOWN received.', {
    ...sctp,
    ...before(['4.19.304', 0], ['4.20', 3], ['5.10.223', 0]),
  }),
  timeout('nf_conntrack_sctp_timeout_shutdown_ack_sent', 3, 'SCTP: SHUTDOWN ACK sent.', sctp),
  timeout('nf_conntrack_sctp_timeout_heartbeat_sent', 30, 'SCTP: HEARTBEAT sent.', { ...sctp, since: '4.2' }),
  timeout('nf_conntrack_sctp_timeout_heartbeat_acked', 210, 'SCTP: HEARTBEAT answered.', {
    ...sctp,
    since: '4.2',
    until: '6.1',
  }),
  timeout('nf_conntrack_dccp_timeout_request', 240, 'DCCP: request sent.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_respond', 480, 'DCCP: response sent.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_partopen', 480, 'DCCP: half open.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_open', 43_200, 'DCCP: open.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_closereq', 64, 'DCCP: close requested.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_closing', 64, 'DCCP: closing.', dccpRemoved),
  timeout('nf_conntrack_dccp_timeout_timewait', 240, 'DCCP: closed.', dccpRemoved),
  timeout('nf_conntrack_events_retry_timeout', 15, 'Undelivered destroy events are tried again after this.', {
    since: '2.6.32',
    until: '3.18',
  }),
  timeout('nf_conntrack_frag6_timeout', 60, 'IPv6 fragments wait this long for the rest.'),
  timeout('nf_flowtable_tcp_timeout', 30, 'Offloaded TCP flows.', { since: '5.13', aliases: [] }),
  timeout('nf_flowtable_udp_timeout', 30, 'Offloaded UDP flows.', { since: '5.13', aliases: [] }),
  option('nf_conntrack_acct', 'switch', 0, 'Count packets and bytes of each entry.'),
  option('nf_conntrack_checksum', 'switch', 1, 'Verify checksums of incoming packets.'),
  option(
    'nf_conntrack_events',
    'number',
    2,
    'Send events to listeners: never, always, or 2 = when one listens.',
    {
      type: 'byte',
      // 2 came with 5.19; before, 1 is what 2 stands for where somebody listens.
      maximum: 2,
      ...before(['5.19', 1]),
      source: standalone,
    },
  ),
  option('nf_conntrack_helper', 'switch', 0, 'Assign protocol helpers automatically.', {
    since: '3.5',
    until: '6.1',
    ...before(['4.7', 1]),
    source: 'commit b118509076b3',
  }),
  option('nf_conntrack_log_invalid', 'number', 0, 'Log invalid packets of this protocol number; 255: all.', {
    type: 'byte',
    maximum: 255,
  }),
  option('nf_conntrack_timestamp', 'switch', 0, 'Remember when each entry began.', { since: '3.0' }),
  // ip_conntrack counted packets: 3.
  option(
    'nf_conntrack_tcp_loose',
    'switch',
    1,
    'Pick up TCP connections that are already open.',
    before(['2.6.20', 3]),
  ),
  option('nf_conntrack_tcp_be_liberal', 'switch', 0, 'Do not drop TCP packets outside the window.'),
  option('nf_conntrack_tcp_ignore_invalid_rst', 'switch', 0, 'Accept resets outside the window.', {
    since: '5.14',
  }),
  // An unsigned byte from 5.15 on: 256 and more is EINVAL there.
  option('nf_conntrack_tcp_max_retrans', 'number', 3, 'Retransmissions before the short timeout applies.', {
    type: 'byte',
    maximum: 255,
  }),
  option(
    'nf_conntrack_dccp_loose',
    'switch',
    1,
    'Pick up DCCP connections that are already open.',
    dccpRemoved,
  ),
  option('nf_conntrack_frag6_low_thresh', 'bytes', 3_145_728, 'IPv6 fragments: memory to fall back to.'),
  option('nf_conntrack_frag6_high_thresh', 'bytes', 4_194_304, 'IPv6 fragments: memory at most.'),
  option('nf_hooks_lwtunnel', 'switch', 0, 'Run hooks on lightweight tunnels.', {
    since: '5.15',
    aliases: [],
  }),
]

const byName = new Map<string, Tunable>()
for (const tunable of tunables)
  for (const name of [tunable.key, ...tunable.aliases]) byName.set(name, tunable)

/** Finds a setting by today's name or by any it ever had. The key must be dotted: see canonicalKey. */
export function findTunable(name: string): Tunable | undefined {
  return byName.get(name)
}

/** Finds a setting by the name it has in a playbook, in one of its areas. */
export function findByShortName(area: Tunable['area'], shortName: string): Tunable | undefined {
  return tunables.find((tunable) => tunable.area === area && tunable.shortName === shortName)
}
