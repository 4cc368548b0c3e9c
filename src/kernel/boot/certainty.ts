import type { Certainty } from './boot-prediction.ts'

const order: readonly Certainty[] = ['certain', 'likely', 'unknown']

/** The less certain of two. */
export function worst(a: Certainty, b: Certainty): Certainty {
  return order[Math.max(order.indexOf(a), order.indexOf(b))] ?? 'unknown'
}
