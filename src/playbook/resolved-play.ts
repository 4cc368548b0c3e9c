import type { Host } from '../inventory/inventory.ts'
import type { Rollout } from './rollout.ts'
import type { Wish } from './wish.ts'

/** A play with its hosts, in the order in which they are to be done, and what it asks of each. */
export interface ResolvedPlay {
  readonly name: string
  /** Undefined: what the inventory and the command line say. */
  readonly become: boolean | undefined
  readonly rollout: Rollout
  readonly hosts: readonly ResolvedHost[]
}

interface ResolvedHost {
  readonly host: Host
  readonly wish: Wish
}
