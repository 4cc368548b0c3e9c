import type { Host, Inventory } from './inventory.ts'
import { groupMembers } from './members.ts'
import { internalVars } from './merge-vars.ts'

/** The inventory in the shape of `ansible-inventory --list`: groups, and the variables under `_meta`. */
export function listInventory(inventory: Inventory): Readonly<Record<string, unknown>> {
  const listed = new Map<string, unknown>()
  for (const [name, { hosts, children }] of inventory.groups) {
    const shown = {
      ...(children.length > 0 ? { children } : {}),
      ...(hosts.length > 0 && name !== 'all' ? { hosts } : {}),
    }
    if (Object.keys(shown).length > 0) listed.set(name, shown)
  }
  const hostvars = groupMembers(inventory, 'all')
    .map((host) => [host.name, shownVars(host)] as const)
    .filter(([, vars]) => Object.keys(vars).length > 0)
  return Object.fromEntries([...listed, ['_meta', { hostvars: Object.fromEntries(hostvars) }]])
}

/** The variables of a host that `ansible-inventory --host` prints. */
export function shownVars({ vars }: Host): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(vars).filter(([name]) => !internalVars.includes(name)))
}

/** The groups as a tree below `top`, as `ansible-inventory --graph` draws it. */
export function graphInventory(inventory: Inventory, top: string): string {
  const lines: string[] = []
  const draw = (name: string, depth: number): void => {
    const group = inventory.groups.get(name)
    lines.push(branch(`@${name}:`, depth))
    for (const child of group?.children ?? []) draw(child, depth + 1)
    if (name !== 'all') for (const host of group?.hosts ?? []) lines.push(branch(host, depth + 1))
  }
  draw(top, 0)
  return lines.join('\n')
}

function branch(name: string, depth: number): string {
  return depth === 0 ? name : `${'  |'.repeat(depth)}--${name}`
}
