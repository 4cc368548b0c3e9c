import pLimit from 'p-limit'

/**
 * Runs `work` for every item, at most `forks` at a time, and gives the results in the order of the
 * items. An item whose turn comes after `stopping` is aborted gets `skip` instead. `work` must not
 * throw: whatever becomes of a host is a value, so that one host never stops another.
 */
export async function forEachHost<Item, Result>(
  items: readonly Item[],
  forks: number,
  stopping: AbortSignal,
  work: (item: Item) => Promise<Result>,
  skip: (item: Item) => Result,
): Promise<readonly Result[]> {
  const limit = pLimit(forks)
  return limit.map(items, async (item) => (stopping.aborted ? skip(item) : work(item)))
}
