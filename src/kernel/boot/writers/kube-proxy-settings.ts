import type { BootFile } from '../boot-system.ts'
import { goSeconds } from './go-duration.ts'
import type { Written } from './writer.ts'

/** The conntrack settings of a kube-proxy, by the names of its flags without `conntrack-`. */
export type ProxySettings = Readonly<Record<string, string>>

/** pkg/proxy/apis/config/v1alpha1/defaults.go: these are in force when nobody says anything. */
export const proxyDefaults: ProxySettings = {
  'max-per-core': '32768',
  min: '131072',
  'tcp-timeout-established': '24h0m0s',
  'tcp-timeout-close-wait': '1h0m0s',
  'udp-timeout': '0s',
  'udp-timeout-stream': '0s',
  'tcp-be-liberal': 'false',
}

/** Those flags that are timeouts, and their keys. */
const timeouts = {
  'tcp-timeout-established': 'net.netfilter.nf_conntrack_tcp_timeout_established',
  'tcp-timeout-close-wait': 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  'udp-timeout': 'net.netfilter.nf_conntrack_udp_timeout',
  'udp-timeout-stream': 'net.netfilter.nf_conntrack_udp_timeout_stream',
} as const

/** Names in a configuration file (KubeProxyConntrackConfiguration). */
const fileNames: Readonly<Record<string, string>> = {
  maxPerCore: 'max-per-core',
  min: 'min',
  tcpEstablishedTimeout: 'tcp-timeout-established',
  tcpCloseWaitTimeout: 'tcp-timeout-close-wait',
  udpTimeout: 'udp-timeout',
  udpStreamTimeout: 'udp-timeout-stream',
  tcpBeLiberal: 'tcp-be-liberal',
}

/** What setSysctls (pkg/proxy/conntrack/sysctls.go) makes of the settings. */
export function proxyWrites(
  settings: ProxySettings,
  cores: number | null,
  resizes: boolean,
): readonly Written[] {
  const perCore = Number(settings['max-per-core'])
  const floor = Number(settings['min'])
  const writes: Written[] = []
  if (perCore > 0) {
    const max = cores === null ? null : Math.max(perCore * cores, floor)
    const value = max === null ? null : String(max)
    writes.push({ key: 'net.netfilter.nf_conntrack_max', value, how: 'sets', place: null })
    if (resizes) {
      writes.push({
        key: 'hashsize',
        value: max === null ? null : String(Math.floor(max / 4)),
        how: 'at_least',
        place: null,
      })
    }
  }
  for (const [name, key] of Object.entries(timeouts)) {
    const seconds = goSeconds(settings[name] ?? '')
    if (seconds === null || seconds > 0) {
      writes.push({ key, value: seconds === null ? null : String(seconds), how: 'sets', place: null })
    }
  }
  if (settings['tcp-be-liberal'] === 'true') {
    writes.push({ key: 'net.netfilter.nf_conntrack_tcp_be_liberal', value: '1', how: 'sets', place: null })
  }
  return writes
}

/** `--name=value` and `--name value`. */
export function flags(words: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [index, word] of words.entries()) {
    const match = /^--?([a-z0-9-]+)(?:=(.*))?$/s.exec(word)
    if (!match) continue
    const next = words[index + 1]
    found.set(match[1] ?? '', match[2] ?? (next === undefined || next.startsWith('-') ? 'true' : next))
  }
  return found
}

/** Those of the words that are kube-proxy's conntrack flags. */
export function conntrackFlags(words: readonly string[]): ProxySettings {
  return Object.fromEntries(
    [...flags(words)]
      .filter(([name]) => name.startsWith('conntrack-'))
      .map(([name, value]) => [name.replace('conntrack-', ''), value]),
  )
}

/** The `conntrack:` block of a configuration, as kubeadm and others write it; null there means the default. */
export function configured(file: BootFile): ProxySettings {
  const settings: Record<string, string> = {}
  let depth: number | null = null
  for (const { text } of file.lines) {
    const match = /^(\s*)([A-Za-z]+):\s*"?([^"#]*?)"?\s*(?:#.*)?$/.exec(text)
    if (!match) continue
    const [, indent = '', name = '', value = ''] = match
    if (name === 'conntrack') depth = indent.length
    else if (depth !== null && indent.length <= depth) depth = null
    else if (depth !== null) {
      const flag = fileNames[name]
      if (flag !== undefined && value !== '' && value !== 'null') settings[flag] = value
    }
  }
  return settings
}
