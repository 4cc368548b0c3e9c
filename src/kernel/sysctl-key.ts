import { findTunable } from './tunables.ts'

const keyPattern = /^[A-Za-z0-9_-]+([./][A-Za-z0-9_:@,+-]+)+$/

/** Is this something that may name a file below /proc/sys, in either spelling? No `..`, no blanks, no globs. */
export function isSysctlKey(key: string): boolean {
  return key.length <= 200 && keyPattern.test(key)
}

/**
 * The one name under which we know a key: dotted, and today's where it has older ones.
 * As sysctl.d(5) has it, the first separator decides: after a slash, dots are part of a name
 * (`net/ipv4/conf/eth0.100/rp_filter` is `net.ipv4.conf.eth0/100.rp_filter`).
 */
export function canonicalKey(key: string): string {
  const dotted = dottedKey(key)
  return findTunable(dotted)?.key ?? dotted
}

/** The same key with dots as separators; a dot inside a name becomes a slash. */
export function dottedKey(key: string): string {
  return /^[^./]*\//.test(key) ? swapSeparators(key) : key
}

/** Below which file of /proc/sys the key stands, `net/netfilter/nf_conntrack_max`. */
export function sysctlPath(key: string): string {
  return `/proc/sys/${swapSeparators(dottedKey(key))}`
}

function swapSeparators(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}
