import type { HostFacts } from '../host/facts.ts'
import { initramfsLoad } from '../kernel/boot/initramfs.ts'
import { ourSysctlFiles } from '../kernel/our-files.ts'
import { isAtLeast } from '../kernel/release.ts'
import { parseSysctlLine } from '../kernel/sysctl-conf.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import type { SizedWish } from './size-wish.ts'
import { knownSysctls, placeOf } from './targets.ts'

/**
 * The lines our sysctl.d file must hold: keys as this host spells them, in the order they are to be set.
 * The hashsize stands among them only where no module option can give it, or an old one may.
 */
export function settingsAtBoot(wish: SizedWish, facts: HostFacts): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  const { buckets } = wish
  if (setsHashsizeBySysctl(facts) && buckets !== undefined) settings.set(tableKeys.buckets, String(buckets))
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

/**
 * Is the hashsize a sysctl at boot? An initramfs that loads the module has the options of the day it was made, and
 * nothing on the host tells for sure which those are; a sysctl comes after whatever it did. Once such a line of ours is
 * there, it has the last word and stays. The kernel takes one from 4.8 on (nf_conntrack_hash_sysctl).
 */
export function setsHashsizeBySysctl(facts: HostFacts): boolean {
  if (!takesModuleFiles(facts)) return true
  if (facts.family === 'ip' || isAtLeast(facts.kernel, '4.8') !== true) return false
  return (
    initramfsLoad(facts.boot.files).place !== null || ourSysctlFiles.some((path) => hasBuckets(path, facts))
  )
}

function hasBuckets(path: string, { files }: HostFacts): boolean {
  const file = files.get(path)
  return (
    file?.state === 'present' &&
    file.text.split('\n').some((line) => parseSysctlLine(line)?.key === tableKeys.buckets)
  )
}

/** The name of a key on this host: `ip_conntrack` kernels know only the old ones. */
function spelling(key: string, facts: HostFacts): string {
  const place = placeOf(facts, key)
  if (place.state === 'missing' || facts.family !== 'ip') return key
  return place.path.replace(/^\/proc\/sys\//, '').replaceAll('/', '.')
}
