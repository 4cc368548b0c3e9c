import type { HostFacts, Place } from '../host/facts.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { sysctlPath } from '../kernel/sysctl-key.ts'
import { isConntrackKey } from './targets.ts'

/**
 * The host as it will be once the module is loaded: every conntrack key in its place, its value not
 * yet known. A key that this kernel lacks even then fails the change, and the host puts back.
 */
export function afterLoad(facts: HostFacts): HostFacts {
  const places = new Map<string, Place>(facts.places)
  for (const key of facts.places.keys())
    if (isConntrackKey(key))
      places.set(key, { state: 'present', path: pathOf(key), value: '', writable: true })
  return { ...facts, family: 'nf', module: 'loaded', places }
}

function pathOf(key: string): string {
  return key === tableKeys.hashsize ? '/sys/module/nf_conntrack/parameters/hashsize' : sysctlPath(key)
}
