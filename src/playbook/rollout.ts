/** How a play goes over its hosts. */
export interface Rollout {
  /** Sizes of the batches in turn, the last one for all that follow; null: all hosts in one. */
  readonly serial: readonly BatchSize[] | null
  readonly order: HostOrder
  /** Hosts at once, at most, within --forks; null: as many as those. */
  readonly throttle: number | null
  /** Hosts of a batch that may fail, in percent; null: no limit without `serial`, and none may fail with it. */
  readonly maxFailPercentage: number | null
  /** After a batch, how long its hosts are watched before the next one begins. */
  readonly settleSeconds: number
  /** After the last host, how long until all changed ones are read again. */
  readonly holdSeconds: number
  /** Within how long a new connection has to confirm what was changed, or the host puts it back; null: only where it may cut us off. */
  readonly confirmSeconds: number | null
}

/** Hosts: more than any play has. */
export const mostHosts = 9_999_999

export type BatchSize =
  | { readonly unit: 'hosts'; readonly amount: number }
  | { readonly unit: 'percent'; readonly amount: number }

export const hostOrders = ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] as const

export type HostOrder = (typeof hostOrders)[number]

/** All hosts at once, whatever becomes of them. */
export const allAtOnce: Rollout = {
  serial: null,
  order: 'inventory',
  throttle: null,
  maxFailPercentage: null,
  settleSeconds: 0,
  holdSeconds: 0,
  confirmSeconds: null,
}

/** For changes that may cut us off, where the play names no time to confirm them. */
export const usualConfirmSeconds = 60
