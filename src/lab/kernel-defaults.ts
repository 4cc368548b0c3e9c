import { defaultIn } from '../kernel/default-in.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { tunables } from '../kernel/tunables.ts'
import { isOlderThan } from './kernel-version.ts'

/** What Linux 2.6.18 shows below net.ipv4.netfilter, without `ip_conntrack_` (ip_conntrack_standalone.c). */
const ipConntrackNames = new Set([
  'tcp_timeout_syn_sent',
  'tcp_timeout_syn_recv',
  'tcp_timeout_established',
  'tcp_timeout_fin_wait',
  'tcp_timeout_close_wait',
  'tcp_timeout_last_ack',
  'tcp_timeout_time_wait',
  'tcp_timeout_close',
  'tcp_timeout_max_retrans',
  'tcp_loose',
  'tcp_be_liberal',
  'tcp_max_retrans',
  'udp_timeout',
  'udp_timeout_stream',
  'icmp_timeout',
  'generic_timeout',
  'log_invalid',
  'checksum',
])

/** The timeouts and options that a kernel of this release has, with their values at load; `ip` before 2.6.20. */
export function defaultSettings(release: string, family: 'nf' | 'ip'): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  for (const tunable of tunables) {
    if (tunable.default === undefined || !isThere(tunable, release, family)) continue
    settings.set(tunable.key, String(defaultIn(release, tunable)))
  }
  return settings
}

function isThere({ key, since, until }: Tunable, release: string, family: 'nf' | 'ip'): boolean {
  if (family === 'ip') return ipConntrackNames.has(key.replace('net.netfilter.nf_conntrack_', ''))
  return (
    (since === undefined || !isOlderThan(release, since)) &&
    (until === undefined || isOlderThan(release, until))
  )
}
