import { isAtLeast } from './release.ts'
import type { Tunable } from './tunable.ts'

/**
 * Does a kernel of this release have the setting, by its version? Only for hosts whose module is not
 * loaded, so that nothing shows it: distributions backport, and what is there counts for more.
 */
export function isExpectedIn(release: string, { since, until }: Pick<Tunable, 'since' | 'until'>): boolean {
  return (
    (since === undefined || isAtLeast(release, since) !== false) &&
    (until === undefined || isAtLeast(release, until) !== true)
  )
}
