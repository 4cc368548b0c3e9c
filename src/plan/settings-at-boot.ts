import type { HostFacts } from '../host/facts.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { SizedWish } from './size-wish.ts'
import { knownSysctls, placeOf } from './targets.ts'

/**
 * The lines our sysctl.d file must hold: keys as this host spells them, in the order they are to be set.
 * The hashsize stands among them only where no module option can give it.
 */
export function settingsAtBoot(wish: SizedWish, facts: HostFacts): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  const { buckets } = wish
  if (!takesModuleFiles(facts) && buckets !== undefined) settings.set(tableKeys.buckets, String(buckets))
  if (wish.max !== undefined) settings.set(spelling(tableKeys.max, facts), String(wish.max))
  for (const { key, value } of knownSysctls(wish, facts)) settings.set(spelling(key, facts), value)
  return settings
}

/**
 * Do modprobe.d and modules-load.d decide anything here? A built-in conntrack takes no options of a module and is
 * always there in time; where busybox starts the host nobody reads them (OpenWrt has /etc/modules.d).
 */
export function takesModuleFiles({ module, boot }: HostFacts): boolean {
  return module !== 'builtin' && boot.init !== 'busybox'
}

/** The name of a key on this host: `ip_conntrack` kernels know only the old ones. */
function spelling(key: string, facts: HostFacts): string {
  const place = placeOf(facts, key)
  if (place.state === 'missing' || facts.family !== 'ip') return key
  return place.path.replace(/^\/proc\/sys\//, '').replaceAll('/', '.')
}
