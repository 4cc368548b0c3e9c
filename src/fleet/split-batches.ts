import type { BatchSize } from '../playbook/rollout.ts'

/**
 * Items in the batches that `sizes` ask for; the last size counts for all that follow, and null gives
 * one batch. A share is of all items, rounded down as Ansible does, and one at least.
 */
export function splitBatches<Item>(
  items: readonly Item[],
  sizes: readonly BatchSize[] | null,
): readonly (readonly Item[])[] {
  if (sizes === null) return items.length === 0 ? [] : [items]
  const batches: (readonly Item[])[] = []
  let start = 0
  while (start < items.length) {
    const size = sizes[Math.min(batches.length, sizes.length - 1)]
    if (size === undefined) throw new Error('no batch sizes were given')
    const length =
      size.unit === 'hosts' ? size.amount : Math.max(1, Math.floor((items.length * size.amount) / 100))
    batches.push(items.slice(start, start + length))
    start += length
  }
  return batches
}
