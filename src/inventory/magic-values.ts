import type { LazyMapping } from '../jinja/value.ts'
import type { Host, Inventory } from './inventory.ts'
import { groupMembers } from './members.ts'

/** Looks up a variable of a host, templates and all; undefined where it has none. */
type VariableOf = (variable: string) => unknown

/**
 * The values that Ansible offers to templates beside the variables of a host: `groups` and `hostvars`. They are worked
 * out where a template looks into them. Undefined for other names.
 */
export function magicValue(
  name: string,
  inventory: (() => Inventory) | undefined,
  variablesOf: (host: Host) => VariableOf,
): LazyMapping | undefined {
  if (inventory === undefined) return undefined
  const known = inventory()
  if (name === 'groups')
    return {
      isLazyMapping: true,
      get: (group) =>
        known.groups.has(group) ? groupMembers(known, group).map((host) => host.name) : undefined,
      keys: () => known.groups.keys(),
    }
  if (name !== 'hostvars') return undefined
  return {
    isLazyMapping: true,
    get: (wanted) => {
      const host = known.hosts.get(wanted)
      return host === undefined
        ? undefined
        : { isLazyMapping: true, get: variablesOf(host), keys: () => Object.keys(host.vars) }
    },
    keys: () => known.hosts.keys(),
  }
}
