import type { IpFamily } from './ruleset.ts'

/** A file from which a service loads rules of iptables when the host boots. */
export interface SavedFile {
  readonly path: string
  readonly family: IpFamily
  /** Any of these loads it. */
  readonly services: readonly string[]
}

/**
 * In the order in which they count: Debian's netfilter-persistent, Red Hat's iptables-services, Arch, Alpine
 * (iptables.initd), Gentoo.
 */
export const savedFiles: readonly SavedFile[] = [
  pair(
    '/etc/iptables/rules.v4',
    '/etc/iptables/rules.v6',
    ['netfilter-persistent', 'iptables-persistent'],
    true,
  ),
  pair('/etc/sysconfig/iptables', '/etc/sysconfig/ip6tables'),
  pair('/etc/iptables/iptables.rules', '/etc/iptables/ip6tables.rules'),
  pair('/etc/iptables/rules-save', '/etc/iptables/rules6-save'),
  pair('/var/lib/iptables/rules-save', '/var/lib/ip6tables/rules-save'),
].flat()

/** ufw's own, which it loads with its rules; they are for what others add (ufw-framework(8)). */
export const ufwFiles: readonly SavedFile[] = pair(
  '/etc/ufw/before.rules',
  '/etc/ufw/before6.rules',
  ['ufw'],
  true,
)

/** From which nftables.service loads the rules: Debian and Arch, Red Hat, Alpine. */
export const nftFiles = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf', '/etc/nftables.nft'] as const

/** Ours for nftables; its ending is none that a pattern of an `include` takes, so that it is read only behind the others. */
export const ourNftFile = '/etc/nftables.d/conntrackctl.rules'

/** All of them. */
export const rulesetFiles: readonly string[] = [
  ...nftFiles,
  ourNftFile,
  ...[...savedFiles, ...ufwFiles].map(({ path }) => path),
]

function pair(ip: string, ip6: string, services?: readonly string[], isShared = false): readonly SavedFile[] {
  return [
    { path: ip, family: 'ip', services: services ?? ['iptables'] },
    { path: ip6, family: 'ip6', services: isShared && services !== undefined ? services : ['ip6tables'] },
  ]
}
