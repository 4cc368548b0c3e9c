import { modprobeConfig } from '../modprobe-config.ts'
import { installOf } from '../load-hooks.ts'
import type { Writer, WriterFacts } from './writer.ts'
import { fileAt, isStarted, processesNamed, settingIn } from './facts.ts'

/**
 * firewalld's modprobe hook (config/firewalld-sysctls.conf.in) and its CleanupModulesOnExit
 * (firewalld.conf of 2.3.1, no by default), with which the settings go away with the modules.
 */
export function firewalldWriters(facts: WriterFacts): readonly Writer[] {
  const install = installOf('nf_conntrack', modprobeConfig(facts.files))
  const hook =
    install.kind === 'loads' && install.hook.commands.some(({ kind }) => kind === 'sysctl_system')
      ? install.hook
      : null
  const cleanup = settingIn(fileAt(facts, '/etc/firewalld/firewalld.conf'), 'CleanupModulesOnExit')
  const runs = isStarted(facts, 'firewalld') || processesNamed(facts, 'firewalld').length > 0
  return [
    ...(hook
      ? [
          {
            code: 'firewalld-hook',
            name: 'modprobe',
            writes: [{ key: 'net.netfilter.nf_conntrack_*', value: null, how: 'sets', place: hook.place }],
            when: 'each time nf_conntrack is loaded',
            certainty: 'certain',
            note: 'It applies what `sysctl --system` would, in that order: /etc/sysctl.conf has the last word, and net.nf_conntrack_max is passed over.',
            cure: 'Take other values out of /etc/sysctl.conf, and write net.netfilter.nf_conntrack_max, not net.nf_conntrack_max.',
          } satisfies Writer,
        ]
      : []),
    ...(runs && cleanup && /^(yes|true)$/i.test(cleanup.value)
      ? [
          {
            code: 'firewalld-unloads',
            name: 'firewalld',
            writes: [
              { key: 'net.netfilter.nf_conntrack_*', value: null, how: 'default', place: cleanup.place },
            ],
            when: 'each time it stops or restarts',
            certainty: 'likely',
            note: "It unloads the conntrack modules, and all settings go back to the kernel's defaults.",
            cure: 'Set CleanupModulesOnExit=no in /etc/firewalld/firewalld.conf.',
          } satisfies Writer,
        ]
      : []),
  ]
}
