import type { MaxPolicy } from '../kernel/max-policy.ts'
import { ourSysctlFiles } from '../kernel/our-files.ts'
import { platformOf } from '../kernel/platforms.ts'
import { riskOf } from '../kernel/risky-neighbours.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { findTunable, tunables } from '../kernel/tunables.ts'
import type { GuardName } from '../plan/rule.ts'
import type { Wish, WishedSysctl } from '../playbook/wish.ts'
import { quote } from '../ssh/quote.ts'
import { readingFor } from './reading.ts'

/** A wish as the lines of a shell function that compiled.sh reads its wish from; or what of it cannot be compiled. */
export type CompiledWish =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly what: readonly string[] }

/** Fields of a wish that compiled.sh knows. A wish that has others asks for more than it can do. */
const known: ReadonlySet<string> = new Set([
  ...['play', 'max', 'hashsize', 'sysctls', 'persist', 'conflicts', 'module'],
])

/** IDs of os-release whose /etc does not last; asked of the table, so that there is one. */
const knownSystems = ['nixos', 'guix', 'talos', 'bottlerocket', 'cos', 'k3os', 'vyos']

/**
 * Makes shell variables and calls of a wish. Sizes that depend on the host stay rules, which the host works out;
 * `knownPeak` is the highest count in the records of past runs.
 */
export function compileWish(wish: Wish, allowed: ReadonlySet<GuardName>, knownPeak: number): CompiledWish {
  const what = [
    ...(wish.max === 0 ? ['max: 0, no limit'] : []),
    ...(wish.conflicts === 'override' ? ['conflicts: override, which edits files of others'] : []),
    ...Object.entries(wish)
      .filter(([field, value]) => !known.has(field) && value !== undefined)
      .map(([field]) => (field === 'stateless' ? 'stateless_rules' : field)),
  ]
  if (what.length > 0) return { ok: false, what }
  const { places } = readingFor(wish)
  const pathsOf = (key: string): readonly string[] => places.find((place) => place.key === key)?.paths ?? []
  const variables: Readonly<Record<string, string>> = {
    wished_max: typeof wish.max === 'number' ? String(wish.max) : '',
    policy: typeof wish.max === 'object' ? policyWords(wish.max).join(' ') : '',
    wished_buckets: bucketsWord(wish),
    known_peak: String(knownPeak),
    persist: wish.persist ? 'yes' : '',
    load: wish.module === 'load' ? 'yes' : '',
    allowed: [...allowed].join(' '),
    max_files: pathsOf(tableKeys.max).join(' '),
    buckets_files: pathsOf(tableKeys.buckets).join(' '),
    hashsize_files: pathsOf(tableKeys.hashsize).join(' '),
    count_files: pathsOf(tableKeys.count).join(' '),
    our_sysctl_files: ourSysctlFiles.join(' '),
    lost_systems: knownSystems
      .filter((osId) => platformOf({ osId, etcFileSystem: null, isOstree: false })?.files === 'lost')
      .join(' '),
    wished_conntrack_keys: wish.sysctls.some(({ key }) => findTunable(key) !== undefined) ? 'yes' : '',
    aliases: tunables.flatMap(({ key, aliases }) => aliases.map((alias) => `${alias} ${key}`)).join('\n'),
  }
  return {
    ok: true,
    lines: [
      ...Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`),
      'wish_sysctls() {',
      ...wish.sysctls.map((sysctl) => sysctlCall(sysctl, pathsOf(sysctl.key))),
      ':',
      '}',
    ],
  }
}

function policyWords(policy: MaxPolicy): readonly string[] {
  const { atLeast, perGib, perCore, peakTimes, atMost, memoryAtMost, neverLower } = policy
  const pairs: readonly (readonly [string, number | undefined])[] = [
    ['at_least', atLeast],
    ['per_gib', perGib],
    ['per_core', perCore],
    ['peak_times', peakTimes],
    ['at_most', atMost],
    [
      'memory_percent',
      memoryAtMost !== undefined && 'percent' in memoryAtMost ? memoryAtMost.percent : undefined,
    ],
    ['memory_bytes', memoryAtMost !== undefined && 'bytes' in memoryAtMost ? memoryAtMost.bytes : undefined],
  ]
  return [
    ...pairs.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
    ...(neverLower ? ['never_lower'] : []),
  ]
}

function bucketsWord({ max, hashsize }: Wish): string {
  if (hashsize?.kind === 'buckets') return String(hashsize.buckets)
  if (hashsize !== undefined) return `by=${hashsize.divisor}`
  return max === undefined ? '' : 'follow'
}

function sysctlCall({ key, value }: WishedSysctl, paths: readonly string[]): string {
  const tunable = findTunable(key)
  const { risk, why } = riskOf(key, value)
  const words = [
    key,
    value,
    tunable?.scope ?? 'neighbour',
    tunable?.since ?? '',
    tunable?.until ?? '',
    risk,
    why,
  ]
  return ['wish_sysctl', ...[...words, ...paths].map(quote)].join(' ')
}
