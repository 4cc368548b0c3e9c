import { isAtLeast } from './release.ts'
import type { Tunable } from './tunable.ts'

/** The value of a setting at load in a kernel of this release; undefined where it depends on memory or configuration. */
export function defaultIn(
  release: string,
  { earlierDefaults = [], default: newest }: Pick<Tunable, 'earlierDefaults' | 'default'>,
): number | undefined {
  return earlierDefaults.find(({ before }) => isAtLeast(release, before) === false)?.value ?? newest
}
