import type { HostFacts } from '../host/facts.ts'
import type { BootSystem } from '../kernel/boot/boot-system.ts'
import { bootSystemWith } from './boot-system.ts'
import type { SizedWish } from './size-wish.ts'
import { wishedFiles } from './wished-files.ts'

/** The host as it will boot once the wish is done; `edits` are of files of others, by path. */
export function systemAtBoot(
  wish: SizedWish,
  facts: HostFacts,
  edits?: ReadonlyMap<string, { readonly after: string }>,
): BootSystem {
  return bootSystemWith(wish, facts, wishedFiles(wish, facts), edits)
}
