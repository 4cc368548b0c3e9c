import { bootLinePatterns } from '../kernel/boot/boot-system.ts'
import { ourFiles } from '../kernel/our-files.ts'
import { sysctlPath } from '../kernel/sysctl-key.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { findTunable } from '../kernel/tunables.ts'
import type { Wish } from '../playbook/wish.ts'

/** What to read of a host, besides what is read of every host. */
export interface Reading {
  /** Each key and the files under which it may stand, today's name first. */
  readonly places: readonly { readonly key: string; readonly paths: readonly string[] }[]
  readonly files: readonly string[]
  /** Basic regular expressions: which lines matter, of the boot files and of the places. */
  readonly patterns: readonly string[]
}

const tablePlaces: Reading['places'] = [
  place(tableKeys.max),
  place(tableKeys.buckets),
  {
    key: tableKeys.count,
    paths: ['/proc/sys/net/netfilter/nf_conntrack_count', '/proc/sys/net/ipv4/netfilter/ip_conntrack_count'],
  },
  {
    key: tableKeys.hashsize,
    paths: ['/sys/module/nf_conntrack/parameters/hashsize', '/sys/module/ip_conntrack/parameters/hashsize'],
  },
]

/** What has to be known of a host to plan for this wish. */
export function readingFor(wish: Wish): Reading {
  const tableOnly = new Set<string>(Object.values(tableKeys))
  const keys = wish.sysctls.map(({ key }) => key).filter((key) => !tableOnly.has(key))
  return {
    places: [...tablePlaces, ...keys.map(place)],
    files: Object.values(ourFiles),
    patterns: [
      ...bootLinePatterns,
      // A neighbour is found by the last part of its name.
      ...new Set(keys.filter(isNeighbour).map(lastPart)),
      // What stands at a place: a number, unless something else is wished there.
      wish.sysctls.every(({ value }) => /^-?\d/.test(value)) ? '^[-0-9]' : '^[^#;]',
    ],
  }
}

function place(key: string): Reading['places'][number] {
  return { key, paths: [key, ...(findTunable(key)?.aliases ?? [])].map(sysctlPath) }
}

function isNeighbour(key: string): boolean {
  return !key.includes('conntrack')
}

function lastPart(key: string): string {
  return (key.split(/[./]/).at(-1) ?? key).replace(/[.*[\]^$\\]/g, '\\$&')
}
