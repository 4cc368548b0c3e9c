import { expect, test } from 'vitest'
import { parseSysctlLine } from '../../../src/kernel/sysctl-conf.ts'

test.each([
  ['net.netfilter.nf_conntrack_max = 65536', 'net.netfilter.nf_conntrack_max', '65536'],
  ['  net/nf_conntrack_max=65536  ', 'net.netfilter.nf_conntrack_max', '65536'],
  ['-net.ipv4.tcp_fin_timeout = 30', 'net.ipv4.tcp_fin_timeout', '30'],
  ['net.ipv4.tcp_rmem = 4096\t87380  6291456\r', 'net.ipv4.tcp_rmem', '4096 87380 6291456'],
  ['kernel.core_pattern = |/bin/x a=b', 'kernel.core_pattern', '|/bin/x a=b'],
])('%j assigns %s', (line, key, value) => {
  expect(parseSysctlLine(line)).toEqual({ key, value })
})

test.each(['', '   ', '# net.nf_conntrack_max = 1', '; x = 1', 'net.nf_conntrack_max', '= 1', '-net.ipv4.x'])(
  '%j assigns nothing',
  (line) => {
    expect(parseSysctlLine(line)).toBeNull()
  },
)
