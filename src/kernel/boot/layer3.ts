import { isAtLeast } from '../release.ts'
import type { BootSystem } from './boot-system.ts'

const layer3Modules = ['nf_conntrack_ipv4', 'nf_conntrack_ipv6']

/** RHEL 8.3 took the merge of 4.19 into its 4.18.0-240 (kubernetes-sigs/kubespray#6934). */
const firstMergedBuildOfRhel8 = 240

/**
 * Does this kernel keep TCP, UDP and ICMP in modules of their own, nf_conntrack_ipv4 and _ipv6? Up to 4.18
 * it does, but for distributions that backport: where conntrack is there to show it, what it shows decides.
 */
export function hasLayer3Modules({
  kernel,
  builtin,
  loaded,
}: Pick<BootSystem, 'kernel' | 'builtin' | 'loaded'>): boolean {
  if (isAtLeast(kernel, '4.19') !== false) return false
  const present = [...builtin, ...loaded]
  if (layer3Modules.some((module) => present.includes(module))) return true
  const rhel8Build = /^4\.18\.0-(\d+).*\.el8/.exec(kernel)?.[1]
  return rhel8Build === undefined || Number(rhel8Build) < firstMergedBuildOfRhel8
}
