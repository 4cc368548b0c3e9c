import type { HostFacts } from '../host/facts.ts'
import { isHashsizeOf } from '../kernel/hashsize.ts'
import { canonicalKey } from '../kernel/sysctl-key.ts'
import { tableKeys } from '../kernel/table-keys.ts'
import { settingsAtBoot } from './settings-at-boot.ts'
import type { SizedWish } from './size-wish.ts'

/** What each key shall be after a boot, by canonical key; the buckets stand under `hashsize`. */
export function wishedAtBoot(wish: SizedWish, facts: HostFacts): ReadonlyMap<string, string> {
  const wished = new Map([...settingsAtBoot(wish, facts)].map(([key, value]) => [canonicalKey(key), value]))
  // Its rounding is the kernel's, so it is compared apart from the others.
  wished.delete(tableKeys.buckets)
  if (wish.buckets !== undefined) wished.set(tableKeys.hashsize, String(wish.buckets))
  return wished
}

/** Does `value` come to what is wished of the key, with the kernel's own rounding of a hashsize? */
export function isAsWished(key: string, value: string, wished: string, { pageBytes }: HostFacts): boolean {
  return key === tableKeys.hashsize
    ? isHashsizeOf(Number(value), Number(wished), pageBytes)
    : value === wished
}
