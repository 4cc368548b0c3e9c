import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { bootLinePatterns } from '../../../../src/kernel/boot/boot-system.ts'

/** Does grep find the line by one of the patterns? */
function isFound(text: string): boolean {
  const options = bootLinePatterns.flatMap((pattern) => ['-e', pattern])
  return spawnSync('grep', ['-qa', ...options], { input: `${text}\n` }).status === 0
}

test.each([
  'net.netfilter.nf_conntrack_max = 1',
  '-net/nf_conntrack_max',
  'net.*.n?_max=5',
  '-net.netfilter.*',
  '  net.netfilter.[n]f_max = 1',
  'options nf_conntrack hashsize=5',
  '  options nf-conntrack hashsize=5',
  'options nf_conntrack \\',
  '  hashsize=5',
  'install * /bin/true',
  'softdep a pre: nf_nat',
  'alias x nf_conntrack',
  'blacklist nf_conntrack',
  'nf_nat',
  ' iptable-nat ',
  'modules="loop nf_nat"',
  'ENABLED=no',
  'IPT_SYSCTL=/etc/ufw/sysctl.conf',
  'IPTABLES_SYSCTL_LOAD_LIST=".nf_"',
  'ACTION=="add", SUBSYSTEM=="module", KERNEL=="nf_conntrack", RUN+="x"',
])('%s is read', (text) => {
  expect(isFound(text)).toBe(true)
})

test.each([
  '',
  '# *',
  '; a*',
  'vm.swappiness = 10',
  'kernel.domainname = *.example',
  'fs.protected_hardlinks=1',
])('%j is not', (text) => {
  expect(isFound(text)).toBe(false)
})
