import { isIpAddress } from './address.ts'
import type { GroupTree, TreeGroup, TreeHost, TreeVariable } from './group-tree.ts'
import type { Group, Host, Inventory } from './inventory.ts'
import { groupDepths } from './reconcile.ts'
import type { PlacedVars, SourcePlace, Vars } from './statement.ts'
import type { FolderVars } from './vars-folders.ts'

/** `group_vars` and `host_vars`, in the order in which they apply. */
export interface VarsLayers {
  /** Beside each inventory source. */
  readonly inventory: readonly FolderVars[]
  /** Beside the playbook. */
  readonly playbook: readonly FolderVars[]
}

/**
 * Merges the variables of every host as Ansible does by default: a later one replaces an earlier one
 * whole. From weak to strong: `all` in the inventory, groups in the inventory (shallow before deep,
 * then by `ansible_group_priority`, then by name), `group_vars/all` beside the inventory and beside the
 * playbook, other `group_vars` beside the inventory and beside the playbook, the host in the
 * inventory, `host_vars` beside the inventory and beside the playbook, and the magic variables.
 * `playbookFolder` is absolute.
 */
export function buildInventory(tree: GroupTree, layers: VarsLayers, playbookFolder?: string): Inventory {
  const { groups } = tree
  const ordered = sortGroups(tree)
  const memberships = directGroups(tree)
  const parents = parentsOf(tree)
  const ranks = new Map(ordered.map((group, rank) => [group.name, rank]))
  const hostLayers = [...layers.inventory, ...layers.playbook]
  // Hosts that are in the same groups share what the groups say.
  const shared = new Map<string, Shared>()

  const hosts = new Map<string, Host>()
  const inventory: Inventory = {
    hosts,
    groups: new Map([...groups.values()].map((group) => [group.name, finish(group, layers)])),
  }
  for (const host of tree.hosts.values()) {
    const direct = memberships.get(host.name) ?? []
    const key = direct.join('\0')
    let common = shared.get(key)
    if (common === undefined) {
      const names = [...withAncestors(direct, parents)].filter((name) => name !== 'all').sort()
      const mine = [...names]
        .sort((left, right) => (ranks.get(left) ?? 0) - (ranks.get(right) ?? 0))
        .flatMap((name) => groups.get(name) ?? [])
      const said = groupLayers(groups.get('all'), mine, layers)
      common = { names, said, vars: combine(said.map(varsOf)) }
      shared.set(key, common)
    }
    const { names, said, vars: commonVars } = common
    const own = [host.vars, ...hostLayers.flatMap((layer) => layer.hosts.get(host.name) ?? [])]
    const magic = magicVars(host, names, playbookFolder)
    hosts.set(host.name, {
      name: host.name,
      groups: names,
      vars: combine([commonVars, ...own.map(varsOf), magic]),
      placeOf: (variable) =>
        Object.hasOwn(magic, variable) ? undefined : (placeIn(own, variable) ?? placeIn(said, variable)),
      inventory: () => inventory,
    })
  }
  return inventory
}

/** What hosts of the same groups have in common. */
interface Shared {
  readonly names: readonly string[]
  readonly said: readonly Layer[]
  readonly vars: Vars
}

/** Variables of one place of the inventory, or of one file. */
type Layer = ReadonlyMap<string, TreeVariable> | PlacedVars

function varsOf(layer: Layer): Vars {
  if ('places' in layer) return layer.vars
  return Object.fromEntries(Array.from(layer, ([name, { value }]) => [name, value]))
}

/** The place of the strongest of those that set a variable. */
function placeIn(layers: readonly Layer[], variable: string): SourcePlace | undefined {
  for (const layer of layers.toReversed()) {
    const place = 'places' in layer ? layer.places.get(variable) : layer.get(variable)?.at
    if (place !== undefined) return place
  }
  return undefined
}

function groupLayers(
  all: TreeGroup | undefined,
  groups: readonly TreeGroup[],
  layers: VarsLayers,
): readonly Layer[] {
  const of = (folders: readonly FolderVars[], names: readonly string[]): readonly Layer[] =>
    folders.flatMap((folder) => names.flatMap((name) => folder.groups.get(name) ?? []))
  const names = groups.map(({ name }) => name)
  return [
    ...(all === undefined ? [] : [all.vars]),
    ...groups.map(({ vars }) => vars),
    ...of(layers.inventory, ['all']),
    ...of(layers.playbook, ['all']),
    ...of(layers.inventory, names),
    ...of(layers.playbook, names),
  ]
}

function finish({ name, children, hosts, vars, priority }: TreeGroup, layers: VarsLayers): Group {
  const folders = [...layers.inventory, ...layers.playbook].flatMap((layer) => layer.groups.get(name) ?? [])
  const stated = priority === 1 ? {} : { ansible_group_priority: priority }
  return {
    name,
    children: [...children.keys()],
    hosts: [...hosts],
    vars: combine([...[vars, ...folders].map(varsOf), stated]),
  }
}

/** What Ansible sets by itself; nothing in an inventory can change it. */
function magicVars(
  { name, source }: TreeHost,
  groups: readonly string[],
  playbookFolder: string | undefined,
): Vars {
  return {
    inventory_hostname: name,
    inventory_hostname_short: isIpAddress(name) ? name : name.split('.')[0],
    inventory_file: source.file,
    inventory_dir: source.folder,
    group_names: groups,
    ...(playbookFolder === undefined ? {} : { playbook_dir: playbookFolder }),
  }
}

/** Names of the variables that are about the inventory itself, which `ansible-inventory` does not print. */
export const internalVars: readonly string[] = [
  'inventory_hostname',
  'inventory_hostname_short',
  'inventory_file',
  'inventory_dir',
  'group_names',
  'playbook_dir',
]

function combine(layers: readonly Vars[]): Vars {
  const combined = new Map<string, unknown>()
  for (const layer of layers) for (const [name, value] of Object.entries(layer)) combined.set(name, value)
  // Not assigned one by one: a variable named __proto__ must stay a variable.
  return Object.fromEntries(combined)
}

function sortGroups(tree: GroupTree): readonly TreeGroup[] {
  const depths = groupDepths(tree)
  const depth = ({ name }: TreeGroup): number => depths.get(name) ?? 0
  return [...tree.groups.values()].sort(
    (left, right) =>
      depth(left) - depth(right) || left.priority - right.priority || (left.name < right.name ? -1 : 1),
  )
}

function directGroups({ groups }: GroupTree): ReadonlyMap<string, readonly string[]> {
  const memberships = new Map<string, string[]>()
  for (const { name, hosts } of groups.values())
    for (const host of hosts) {
      const known = memberships.get(host)
      if (known === undefined) memberships.set(host, [name])
      else known.push(name)
    }
  return memberships
}

/** Each group's parents. */
function parentsOf({ groups }: GroupTree): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>()
  for (const { name, children } of groups.values())
    for (const child of children.keys()) {
      const known = parents.get(child)
      if (known === undefined) parents.set(child, [name])
      else known.push(name)
    }
  return parents
}

/** `groups` and all above them. */
function withAncestors(
  groups: readonly string[],
  parents: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const found = new Set(groups)
  // A Set is walked in the order of insertion, also of what is added on the way.
  for (const name of found) for (const parent of parents.get(name) ?? []) found.add(parent)
  return found
}
