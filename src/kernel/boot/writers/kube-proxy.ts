import { fileAt, processesNamed } from './facts.ts'
import { configured, conntrackFlags, flags, proxyDefaults, proxyWrites } from './kube-proxy-settings.ts'
import type { Writer, WriterFacts } from './writer.ts'

/** kube-proxy as a process of its own, in a container or not. */
export function kubeProxyWriters(facts: WriterFacts): readonly Writer[] {
  return processesNamed(facts, 'kube-proxy').flatMap((argv) => {
    const config = flags(argv.slice(1)).get('config')
    const file = config === undefined ? undefined : fileAt(facts, config)
    // With --config= the flags beside it are not looked at.
    const settings =
      config === undefined
        ? { ...proxyDefaults, ...conntrackFlags(argv.slice(1)) }
        : { ...proxyDefaults, ...(file ? configured(file) : {}) }
    const writes = proxyWrites(settings, facts.cores, true)
    if (writes.length === 0) return []
    const isUnread = config !== undefined && !file
    return [
      {
        code: 'kube-proxy-writes',
        name: 'kube-proxy',
        writes,
        when: 'each time it starts',
        certainty: isUnread ? 'unknown' : facts.cores === null ? 'unknown' : 'likely',
        note: [
          isUnread ? `Its configuration ${config} could not be read; these are its defaults.` : '',
          'From 1.36 on it only raises max, to 1048576 at most by the cores; older ones set it to their value, lower or higher.',
        ]
          .filter((sentence) => sentence !== '')
          .join(' '),
        cure:
          config === undefined
            ? 'Start it with --conntrack-max-per-core=0 and --conntrack-tcp-timeout-established=0s, --conntrack-tcp-timeout-close-wait=0s to leave these alone, or give it the wished values (--conntrack-min for max).'
            : 'In its configuration (with kubeadm: the ConfigMap kube-proxy in kube-system), set conntrack.maxPerCore: 0 and the timeouts to 0s to leave these alone, or to the wished values (conntrack.min for max); then restart it.',
      } satisfies Writer,
    ]
  })
}
