import { expect, test } from 'vitest'
import { whyRisky } from '../../../src/kernel/risky-neighbours.ts'

test.each([
  ['net.ipv4.ip_forward', '1', '0'],
  ['net.ipv6.conf.all.forwarding', '0', '1'],
  ['net.ipv4.conf.eth0.rp_filter', '0', '1'],
  ['net.ipv4.conf.all.rp_filter', '2', '1'],
  ['net.ipv6.conf.all.disable_ipv6', '0', '1'],
  ['net.ipv4.conf.all.arp_ignore', '0', '8'],
  ['net.ipv4.tcp_tw_recycle', '0', '1'],
  ['net.ipv4.tcp_timestamps', '1', '0'],
  ['net.netfilter.nf_conntrack_tcp_loose', '1', '0'],
])('%s from %s to %s is refused', (key, before, after) => {
  expect(whyRisky(key, before, after)).toMatch(/[a-z]/)
})

test.each([
  ['net.ipv4.ip_forward', '0', '1'],
  ['net.ipv4.conf.all.rp_filter', '1', '2'],
  ['net.ipv4.conf.all.arp_ignore', '0', '1'],
  ['net.ipv4.tcp_fin_timeout', '60', '30'],
  ['net.netfilter.nf_conntrack_tcp_loose', '0', '1'],
  ['kernel.ip_forward', '1', '0'],
])("%s from %s to %s is nobody's danger", (key, before, after) => {
  expect(whyRisky(key, before, after)).toBeNull()
})
