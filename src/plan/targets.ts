import type { HostFacts, Place } from '../host/facts.ts'
import { isExpectedIn } from '../kernel/lifespan.ts'
import { cautiousEntrySize, type EntrySize } from '../kernel/memory.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { findTunable } from '../kernel/tunables.ts'
import type { WishedSysctl } from '../playbook/wish.ts'
import type { SizedWish } from './size-wish.ts'

/** What an entry takes on this host. */
export function entrySizeOf({ entryBytes }: HostFacts): EntrySize {
  return entryBytes === null ? cautiousEntrySize : { entryBytes }
}

/** Does the key belong to the conntrack module, and so exist only while that is loaded? */
export function isConntrackKey(key: string): boolean {
  return key === tableKeys.hashsize || findTunable(key) !== undefined
}

/** Where a key stands on this host. */
export function placeOf(facts: HostFacts, key: string): Place {
  return facts.places.get(key) ?? { state: 'missing' }
}

/** What a change has to find there; null where nothing is known to stand. */
export function valueBefore(place: Place): string | null {
  return place.state === 'present' && place.value !== '' ? place.value : null
}

/**
 * Is the table that of another network namespace? There, max and hashsize are the host's: not writable
 * from 5.15 on, and on older kernels a write would change the host's own (nf_conntrack_standalone.c).
 * A stand-in of a file system, as containers for tests have it, is writable in all its places.
 */
export function isForeignTable(facts: HostFacts): boolean {
  const buckets = placeOf(facts, tableKeys.buckets)
  return facts.family === 'nf' && !facts.hasAlias && buckets.state === 'present' && !buckets.writable
}

/** The wished sysctls that this kernel has, or will have once the module is loaded. */
export function knownSysctls(wish: Pick<SizedWish, 'sysctls'>, facts: HostFacts): readonly WishedSysctl[] {
  return wish.sysctls.filter(
    ({ key }) => placeOf(facts, key).state !== 'missing' || comesWithModule(key, facts),
  )
}

/** Will a key that is not there come when the module is loaded? */
export function comesWithModule(key: string, facts: HostFacts): boolean {
  const tunable = findTunable(key)
  return facts.family === 'none' && tunable !== undefined && isExpectedIn(facts.kernel, tunable)
}
