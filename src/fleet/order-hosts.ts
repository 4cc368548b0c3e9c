import type { HostOrder } from '../playbook/rollout.ts'

/** The items in the order that a play asks for; `random` gives numbers in [0, 1). */
export function orderHosts<Item>(
  items: readonly Item[],
  order: HostOrder,
  nameOf: (item: Item) => string,
  random: () => number,
): readonly Item[] {
  switch (order) {
    case 'inventory':
      return items
    case 'reverse_inventory':
      return items.toReversed()
    case 'sorted':
      return sorted(items, nameOf)
    case 'reverse_sorted':
      return sorted(items, nameOf).toReversed()
    case 'shuffle':
      return shuffled(items, random)
  }
}

/** By code points, as Python sorts the names for Ansible. */
function sorted<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  return items.toSorted((one, other) =>
    nameOf(one) < nameOf(other) ? -1 : Number(nameOf(one) > nameOf(other)),
  )
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const keyed = items.map((item) => ({ item, key: random() }))
  return keyed.toSorted((one, other) => one.key - other.key).map(({ item }) => item)
}
