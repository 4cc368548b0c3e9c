import { canonicalKey } from '../sysctl-key.ts'
import { tableKeys } from '../table-keys.ts'
import { findTunable } from '../tunables.ts'
import type { BootSystem } from './boot-system.ts'
import { hasLayer3Modules } from './layer3.ts'
import { pathOfKey } from './sysctl-path.ts'
import { isAtLeast } from '../release.ts'

/** One variable of the kernel, under whichever names it has here. */
export interface Variable {
  /** Canonical key, or `hashsize`. */
  readonly key: string
  /** Its files below /proc/sys. */
  readonly paths: readonly string[]
  /** Those of which it is not known whether this kernel has them. */
  readonly doubtfulPaths: readonly string[]
  /** Names that it had in other kernels and that lead nowhere here. */
  readonly deadPaths: readonly string[]
  /** The modules of which one brings it; none: always there. */
  readonly modules: readonly string[]
}

/** Max, hashsize and what else is asked for, as this kernel has them. */
export function variablesOf(system: BootSystem): readonly Variable[] {
  const keys = new Set([tableKeys.max, tableKeys.hashsize, ...system.keys.map(variableKey)])
  return [...keys].map((key) => variable(key, system))
}

/** Under which key a prediction stands: the sysctl nf_conntrack_buckets is the parameter hashsize. */
export function variableKey(key: string): string {
  const canonical = canonicalKey(key)
  return canonical === tableKeys.buckets ? tableKeys.hashsize : canonical
}

function variable(key: string, system: BootSystem): Variable {
  const tunable = findTunable(key === tableKeys.hashsize ? tableKeys.buckets : key)
  if (!tunable) {
    return { key, paths: [pathOfKey(key)], doubtfulPaths: [], deadPaths: [], modules: [] }
  }
  const paths = [tunable.key, ...tunable.aliases].map(pathOfKey)
  const modules = modulesThatBring(key, system)
  const present = [...system.builtin, ...system.loaded]
  const shown = modules.some((module) => present.includes(module)) ? system.paths : null
  // A key that the host shows is there, whatever its version lets expect.
  const isSeen = system.seenKeys?.includes(tunable.key) === true
  const states = new Map(paths.map((path) => [path, pathState(path, shown, system, isSeen ? {} : tunable)]))
  const inState = (state: PathState): readonly string[] => paths.filter((path) => states.get(path) === state)
  return {
    key,
    paths: [...inState('there'), ...inState('doubtful')],
    doubtfulPaths: inState('doubtful'),
    deadPaths: inState('dead'),
    modules,
  }
}

type PathState = 'there' | 'doubtful' | 'dead'

/** What the host shows decides, when the key's module is there to show it; else the version. */
function pathState(
  path: string,
  shown: ReadonlySet<string> | null,
  { family, kernel }: BootSystem,
  { since, until }: { readonly since?: string; readonly until?: string },
): PathState {
  if (shown) return shown.has(path) ? 'there' : 'dead'
  const isOld = path.includes('/ip_conntrack_')
  if (family === 'ip') return isOld ? 'there' : 'dead'
  if (isOld) {
    // CONFIG_NF_CONNTRACK_PROC_COMPAT, gone in 4.9; net/ipv4/ip_conntrack_max never was part of it.
    if (path === 'net/ipv4/ip_conntrack_max') return 'dead'
    return isAtLeast(kernel, '4.9') === true ? 'dead' : 'doubtful'
  }
  if (since !== undefined && isAtLeast(kernel, since) === false) return 'dead'
  if (until !== undefined && isAtLeast(kernel, until) === true) return 'dead'
  return 'there'
}

/**
 * Up to 4.18 the protocols' keys come with the layer 3 modules, not with nf_conntrack
 * (net/ipv4/netfilter/nf_conntrack_l3proto_ipv4.c of 2.6.32 to 4.18).
 */
function modulesThatBring(key: string, system: BootSystem): readonly string[] {
  const { family, kernel } = system
  if (family === 'ip') return ['ip_conntrack']
  if (!hasLayer3Modules(system)) return ['nf_conntrack']
  const name = key.replace(/^net\.netfilter\.nf_(conntrack_)?/, '')
  if (name.startsWith('icmpv6_')) return ['nf_conntrack_ipv6']
  if (name.startsWith('icmp_')) return ['nf_conntrack_ipv4']
  if (name.startsWith('frag6_')) return ['nf_defrag_ipv6', 'nf_conntrack_ipv6']
  const own = /^(sctp|dccp|udplite)_/.exec(name)?.[1]
  // Own modules up to 4.10, parts of nf_conntrack then (net/netfilter/Makefile).
  if (own !== undefined && isAtLeast(kernel, '4.11') === false) return [`nf_conntrack_proto_${own}`]
  if (/^(tcp|udp|sctp|dccp|udplite)_/.test(name)) return ['nf_conntrack_ipv4', 'nf_conntrack_ipv6']
  return ['nf_conntrack']
}
