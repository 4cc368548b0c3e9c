import type { Writer, WriterFacts } from './writer.ts'
import { fileAt, isStarted, settingIn } from './facts.ts'

const config = '/etc/sysconfig/iptables-config'

/**
 * Red Hat's iptables service takes the modules out when it stops (init.d/iptables of RHEL 6 and
 * iptables-services: IPTABLES_MODULES_UNLOAD, yes by default), and only IPTABLES_SYSCTL_LOAD_LIST
 * brings settings back, from /etc/sysctl.conf alone.
 */
export function iptablesWriters(facts: WriterFacts): readonly Writer[] {
  const file = fileAt(facts, config)
  if (!file || !isStarted(facts, 'iptables', 'ip6tables')) return []
  const unload = settingIn(file, 'IPTABLES_MODULES_UNLOAD')
  if (unload && unload.value.toLowerCase() !== 'yes') return []
  const list = settingIn(file, 'IPTABLES_SYSCTL_LOAD_LIST')
  const isListed = list !== null && /conntrack/.test(list.value)
  return [
    {
      code: 'iptables-unloads',
      name: 'the iptables service',
      writes: [
        { key: 'net.netfilter.nf_conntrack_*', value: null, how: 'default', place: unload?.place ?? null },
      ],
      when: 'each time it stops or restarts',
      certainty: 'likely',
      note: isListed
        ? 'IPTABLES_SYSCTL_LOAD_LIST then sets what the matching lines of /etc/sysctl.conf say, and nothing from /etc/sysctl.d.'
        : "It unloads the conntrack modules, and all settings go back to the kernel's defaults.",
      cure: `Set IPTABLES_MODULES_UNLOAD="no" in ${config}, or have the settings in /etc/sysctl.conf and IPTABLES_SYSCTL_LOAD_LIST=".nf_conntrack".`,
    },
  ]
}
