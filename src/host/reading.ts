import { bootFolders, bootLinePatterns } from '../kernel/boot/boot-system.ts'
import { writerFiles } from '../kernel/boot/writers.ts'
import { rulesetFiles } from '../kernel/firewall/ruleset-files.ts'
import { drainTimeouts, filterText } from '../kernel/drain-filter.ts'
import { ourFiles, ourSysctlFiles } from '../kernel/our-files.ts'
import { sysctlPath } from '../kernel/sysctl-key.ts'
import { establishedTimeout, tableKeys } from '../kernel/table-keys.ts'
import { findTunable, tunables } from '../kernel/tunables.ts'
import type { Wish } from '../playbook/wish.ts'

/** What to read of a host, besides what is read of every host. */
export interface Reading {
  /** Each key and the files under which it may stand, today's name first. */
  readonly places: readonly { readonly key: string; readonly paths: readonly string[] }[]
  readonly files: readonly string[]
  /** Basic regular expressions: which lines matter, of the boot files and of the places. */
  readonly patterns: readonly string[]
  /** Where files lie that are read at boot, and how their names end. */
  readonly bootFolders: readonly { readonly folder: string; readonly suffix: string }[]
  /** Must all of those of others be read, so that a plan may edit them? */
  readonly editable: boolean
  /** Patterns of file names in which others keep what they write; empty: do not look for others. */
  readonly writerFiles: readonly string[]
  /** Also how the table has fared: logs, other namespaces, a sample of its entries. */
  readonly usage?: boolean
  /** Read the packet filter and the modules as well. */
  readonly firewall?: boolean
  /** Files of others that a plan may edit, to be read whole whatever stands in them. */
  readonly foreignFiles?: readonly string[]
  /** Also what the table holds, from so many of its entries at most. */
  readonly pictureEntries?: number
  /** Also how many entries fit these filters, as drain.sh takes them. */
  readonly drain?: readonly string[]
}

const ownUdevRules = /^(\/usr)?\/lib\/udev\//

/** Where the table's own numbers stand. */
export const tablePlaces: Reading['places'] = [
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

/** `verify` looks for others who write as well, which costs a host a few milliseconds more. */
export type ReadingScope = 'plan' | 'verify'

/** By wish: the hosts of a play share it, and so what is read of them. */
const readings = { plan: new WeakMap<Wish, Reading>(), verify: new WeakMap<Wish, Reading>() }

/** What has to be known of a host to plan for this wish. */
export function readingFor(wish: Wish, scope: ReadingScope = 'plan'): Reading {
  const known = readings[scope].get(wish)
  if (known !== undefined) return known
  const reading = makeReading(wish, scope)
  readings[scope].set(wish, reading)
  return reading
}

/** What `check` reads of every host: all that `verify` does without a wish, and how its table has fared. */
export const usageReading: Reading = {
  ...makeReading({ play: '', sysctls: [], persist: false, conflicts: 'report', module: 'leave' }, 'verify'),
  places: [...tablePlaces, place(establishedTimeout)],
  usage: true,
}

/**
 * Entries that tell enough of any table: 19 of 20 shares are right to within a hundredth. Thrice as many cost nine times
 * as much on kernels that count their way from the first entry for each page of the file (6.1 does, 6.18 does not).
 */
const pictureEntries = 10_000

/** What `diagnose` reads of every host: the table's numbers, its timeouts and its entries. */
export const diagnosisReading: Reading = {
  places: [...tablePlaces, ...tunables.filter(({ area }) => area === 'timeout').map(({ key }) => place(key))],
  files: [],
  patterns: ['^entries', '^[-0-9]'],
  bootFolders: [],
  editable: false,
  writerFiles: [],
  pictureEntries,
}

function makeReading(wish: Wish, scope: ReadingScope): Reading {
  const tableOnly = new Set<string>(Object.values(tableKeys))
  const { drain = [] } = wish
  // A drain counts idle time from the timeout that entries were given.
  const timeouts = drain.length === 0 ? [] : drainTimeouts
  const keys = [...new Set([...wish.sysctls.map(({ key }) => key), ...timeouts])].filter(
    (key) => !tableOnly.has(key),
  )
  return {
    places: [...tablePlaces, ...keys.map(place)],
    files: [...ourSysctlFiles, ...Object.values(ourFiles)],
    editable: wish.persist && wish.conflicts === 'override',
    patterns: [
      ...bootLinePatterns,
      // A neighbour is found by the last part of its name.
      ...new Set(keys.filter(isNeighbour).map(lastPart)),
      // The lines of /proc/self/mounts for / and /etc.
      '^[^ ]\\{1,\\} /\\(etc\\)\\{0,1\\} [a-z]',
      // The header of /proc/net/stat/nf_conntrack; its rows are numbers.
      '^entries',
      // What stands at a place: a number, unless something else is wished there.
      wish.sysctls.every(({ value }) => /^-?\d/.test(value)) ? '^[-0-9]' : '^[^#;]',
    ],
    // A distribution's own udev rules are many and none of them sets sysctls.
    bootFolders:
      scope === 'verify' ? bootFolders : bootFolders.filter(({ folder }) => !ownUdevRules.test(folder)),
    firewall: asksOfRules(wish),
    foreignFiles: asksOfRules(wish) && wish.persist ? rulesetFiles : [],
    writerFiles: scope === 'verify' ? writerFiles : [],
    ...(drain.length === 0 ? {} : { drain: drain.map(filterText) }),
  }
}

/** Where the timeout of established connections stands, today's name first. */
export const establishedPaths = place(establishedTimeout).paths
function asksOfRules({ notrack, stateless, unload }: Wish): boolean {
  return notrack !== undefined || stateless !== undefined || unload !== undefined
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
