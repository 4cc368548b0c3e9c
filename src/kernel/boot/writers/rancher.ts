import type { BootFile } from '../boot-system.ts'
import { fileAt, processesNamed } from './facts.ts'
import { conntrackFlags, proxyDefaults, proxyWrites } from './kube-proxy-settings.ts'
import type { Writer, WriterFacts } from './writer.ts'

/**
 * k3s and rke2 take kube-proxy's flags from their own arguments and configuration, and set max and two
 * timeouts themselves, once the module is loaded (k3s pkg/agent/syssetup/setup.go Configure).
 */
export function rancherWriters(facts: WriterFacts): readonly Writer[] {
  return [...rancher(facts, 'k3s'), ...rancher(facts, 'rke2')]
}

function rancher(facts: WriterFacts, program: 'k3s' | 'rke2'): readonly Writer[] {
  const [argv] = processesNamed(facts, program).filter((words) => /^(server|agent)$/.test(words[1] ?? ''))
  if (!argv) return []
  const path = `/etc/rancher/${program}/config.yaml`
  const file = fileAt(facts, path)
  const extra = [
    ...(file ? yamlArguments(file) : []),
    ...kubeProxyArguments(serviceWords(facts, program)),
    ...kubeProxyArguments(argv),
  ]
  const isUnread = facts.files.some((one) => one.path === path && one.kind === 'unreadable')
  // It sets max and two timeouts itself; the hash table stays (getConntrackMax is "cribbed from kube-proxy").
  const settings = { ...proxyDefaults, ...conntrackFlags(extra.map((one) => `--${one}`)) }
  const writes = proxyWrites(settings, facts.cores, false)
  if (writes.length === 0) return []
  return [
    {
      code: `${program}-writes`,
      name: program,
      writes,
      when: 'each time it starts',
      certainty: isUnread || facts.cores === null ? 'unknown' : 'likely',
      note: isUnread ? `${path} could not be read.` : '',
      cure: `In ${path}, under kube-proxy-arg:, add conntrack-max-per-core=0, conntrack-tcp-timeout-established=0s and conntrack-tcp-timeout-close-wait=0s to leave these alone, or the wished values (conntrack-min=… for max); then restart ${program}.`,
    },
  ]
}

/** The words of its service files: a running k3s hides its arguments behind a title of its own. */
function serviceWords(facts: WriterFacts, program: string): readonly string[] {
  return ['', '-server', '-agent']
    .flatMap((suffix) => fileAt(facts, `/etc/systemd/system/${program}${suffix}.service`)?.lines ?? [])
    .flatMap(({ text }) => text.replace(/\\$/, '').trim().split(/\s+/))
    .map((word) => word.replace(/^["']|["']$/g, ''))
}

/** `--kube-proxy-arg=NAME=VALUE`, also `--kube-proxy-arg NAME=VALUE`. */
function kubeProxyArguments(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, index) => {
    if (word === '--kube-proxy-arg') return argv[index + 1] ?? []
    return /^--kube-proxy-arg=(.*)$/s.exec(word)?.[1] ?? []
  })
}

/** The entries of `kube-proxy-arg:` in a configuration: one, a list in brackets, or a list below. */
function yamlArguments(file: BootFile): readonly string[] {
  const found: string[] = []
  let isInside = false
  for (const line of file.lines) {
    const key = /^([A-Za-z-]+\+?):\s*(.*)$/.exec(line.text)
    const item = /^\s*-\s+(.*)$/.exec(line.text)
    if (key) {
      isInside = key[1]?.replace('+', '') === 'kube-proxy-arg'
      const value = (key[2] ?? '').replace(/^\[|\]$/g, '')
      if (isInside && value !== '') found.push(...value.split(','))
    } else if (isInside && item) found.push(item[1] ?? '')
  }
  return found.map((one) =>
    one
      .trim()
      .replace(/^["']|["']$/g, '')
      .replace(/^--/, ''),
  )
}
