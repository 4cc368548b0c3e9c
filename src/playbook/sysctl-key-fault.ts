import { canonicalKey, isSysctlKey } from '../kernel/sysctl-key.ts'
import { findTunable, tunables } from '../kernel/tunables.ts'
import { nearest } from '../nearest.ts'
import type { Mistake } from './reading.ts'
import { showText } from '../show-value.ts'
import { textFault } from './text-fault.ts'

const conntrackPrefix = 'net.netfilter.nf_conntrack_'

/** Why a text is no key for `sysctl:`, or undefined when it is one. */
export function sysctlKeyFault(key: string): Mistake | undefined {
  const shown = showText(key)
  if (key.startsWith('-'))
    return {
      what: `\`${shown}\` is no sysctl key`,
      remedy: 'remove the `-`; a key that a host lacks is reported, never fatal',
    }
  if (isSysctlKey(key)) return misspelt(canonicalKey(key), shown)
  const fault = textFault(key)
  if (fault !== undefined) return fault
  const what = `\`${shown}\` is no sysctl key`
  const bare = key.replace(/^\/proc\/sys\//, '')
  if (bare !== key && isSysctlKey(bare)) return { what, remedy: `write ${canonicalKey(bare)}` }
  if (key.includes('*')) return { what, remedy: 'write each key out; patterns are not understood' }
  if (key.includes('{{')) return { what, remedy: 'write the key out; only values may be variables' }
  return { what, remedy: 'write it dotted, as `sysctl -a` prints it' }
}

function misspelt(key: string, shown: string): Mistake | undefined {
  // A blog's spelling that lives on in many sysctl.conf files.
  if (key.startsWith('sys.net.'))
    return { what: `\`${shown}\` is no sysctl key`, remedy: `write ${canonicalKey(key.slice(4))}` }
  if (!key.startsWith(conntrackPrefix) || findTunable(key) !== undefined) return undefined
  // Only near misses: a kernel newer than our table may have keys that we do not know.
  const close = nearest(
    key,
    tunables.map((tunable) => tunable.key),
    2,
  )
  return close === undefined
    ? undefined
    : { what: `there is no key \`${shown}\``, remedy: `did you mean ${close}?` }
}
