import type { Problem } from '../problem.ts'
import type { GroupTree, TreeGroup } from './group-tree.ts'

/** Levels of groups; each host carries the names of all that are above it. */
const maxDepth = 200

/**
 * What Ansible does once all sources are read: groups without a parent go under `all`, hosts without
 * a group into `ungrouped`, and out of it where they have one. Returns the cycles among the groups,
 * each as a problem, or that they are nested too deeply; the tree is then of no further use.
 */
export function reconcile(tree: GroupTree): readonly Problem[] {
  const all = tree.groups.get('all')
  const ungrouped = tree.groups.get('ungrouped')
  if (all === undefined || ungrouped === undefined) return []

  const cycles = findCycles(tree)
  if (cycles.length > 0) return cycles

  const withParent = new Set([...tree.groups.values()].flatMap(({ children }) => [...children.keys()]))
  for (const name of tree.groups.keys())
    if (name !== 'all' && !withParent.has(name)) all.children.set(name, { file: '' })

  const grouped = new Set<string>()
  for (const group of tree.groups.values())
    if (group !== all && group !== ungrouped) for (const host of group.hosts) grouped.add(host)
  for (const host of tree.hosts.keys())
    if (grouped.has(host)) ungrouped.hosts.delete(host)
    else ungrouped.hosts.add(host)
  return findTooDeep(tree)
}

function findTooDeep(tree: GroupTree): readonly Problem[] {
  const depths = groupDepths(tree)
  for (const { name, children } of tree.groups.values())
    for (const [child, at] of children)
      if (depths.get(name) === maxDepth && depths.get(child) === maxDepth + 1)
        return [{ ...at, what: `groups are nested more than ${maxDepth} deep`, remedy: 'flatten them' }]
  return []
}

/** Walks depth first without recursion: a chain of groups may be as long as a file allows. */
function findCycles({ groups }: GroupTree): readonly Problem[] {
  const problems: Problem[] = []
  const done = new Set<string>()
  for (const start of groups.values()) {
    const trail: { group: TreeGroup; rest: Iterator<string> }[] = []
    const onTrail = new Set<string>()
    const enter = (group: TreeGroup): void => {
      trail.push({ group, rest: group.children.keys() })
      onTrail.add(group.name)
    }
    if (!done.has(start.name)) enter(start)
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = top.rest.next()
      if (next.done === true) {
        done.add(top.group.name)
        onTrail.delete(top.group.name)
        trail.pop()
      } else if (onTrail.has(next.value)) {
        const names = trail.map(({ group }) => group.name)
        const circle = [...names.slice(names.indexOf(next.value)), next.value].join(' -> ')
        const at = top.group.children.get(next.value) ?? { file: '' }
        problems.push({
          ...at,
          what: `the groups go round in a circle: ${circle}`,
          remedy: 'remove one of them',
        })
      } else {
        const child = groups.get(next.value)
        if (child !== undefined && !done.has(next.value)) enter(child)
      }
    }
  }
  return problems
}

/** Every group's longest way down from `all`: the deeper group's variables win. */
export function groupDepths({ groups }: GroupTree): ReadonlyMap<string, number> {
  const waiting = new Map<string, number>()
  for (const { children } of groups.values())
    for (const child of children.keys()) waiting.set(child, (waiting.get(child) ?? 0) + 1)
  const depths = new Map<string, number>()
  const ready = [...groups.keys()].filter((name) => !waiting.has(name))
  for (const name of ready) {
    const depth = depths.get(name) ?? 0
    depths.set(name, depth)
    for (const child of groups.get(name)?.children.keys() ?? []) {
      depths.set(child, Math.max(depths.get(child) ?? 0, depth + 1))
      const left = (waiting.get(child) ?? 1) - 1
      waiting.set(child, left)
      if (left === 0) ready.push(child)
    }
  }
  return depths
}
