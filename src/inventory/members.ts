import type { Host, Inventory } from './inventory.ts'

/** The hosts of each group with all its children, worked out once for an inventory. */
const known = new WeakMap<Inventory, Map<string, readonly Host[]>>()

/**
 * The hosts of a group and of all groups below it, each once: first those of the group itself, then
 * of its children, then of theirs, which is Ansible's order. Empty for a group that is not there.
 */
export function groupMembers(inventory: Inventory, group: string): readonly Host[] {
  let members = known.get(inventory)
  if (members === undefined) {
    members = new Map()
    known.set(inventory, members)
  }
  let hosts = members.get(group)
  if (hosts === undefined) {
    hosts = collect(inventory, group)
    members.set(group, hosts)
  }
  return hosts
}

function collect(inventory: Inventory, start: string): readonly Host[] {
  const hosts = new Set<Host>()
  // A Set is walked in the order of insertion, also of what is added on the way.
  const groups = new Set([start])
  for (const name of groups) {
    const group = inventory.groups.get(name)
    for (const host of group?.hosts ?? []) {
      const found = inventory.hosts.get(host)
      if (found !== undefined) hosts.add(found)
    }
    for (const child of group?.children ?? []) groups.add(child)
  }
  return [...hosts]
}
