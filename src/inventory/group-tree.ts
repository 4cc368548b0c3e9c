import type { Problem } from '../problem.ts'
import type { ParsedSource, SourcePlace, Statement } from './statement.ts'

/** A variable while the sources are read. */
export interface TreeVariable {
  readonly value: unknown
  readonly at: SourcePlace
}

/** A group while the sources are read. */
export interface TreeGroup {
  readonly name: string
  /** Children by name, with the place that made them so. */
  readonly children: Map<string, SourcePlace>
  readonly hosts: Set<string>
  readonly vars: Map<string, TreeVariable>
  /** `ansible_group_priority`: among groups of one depth, the higher one wins. */
  priority: number
}

/** A host while the sources are read. */
export interface TreeHost {
  readonly name: string
  readonly vars: Map<string, TreeVariable>
  readonly source: SourceNames
}

/** What all sources so far come to. */
export interface GroupTree {
  readonly groups: Map<string, TreeGroup>
  readonly hosts: Map<string, TreeHost>
}

/** The source that a host is first named in: its magic variables `inventory_file` and `inventory_dir`. */
export interface SourceNames {
  readonly file: string
  /** Null for a host list. */
  readonly folder: string | null
}

/** A tree that holds `all` and `ungrouped` and no hosts. */
export function emptyTree(): GroupTree {
  const tree: GroupTree = { groups: new Map(), hosts: new Map() }
  const all = addGroup(tree, 'all')
  addGroup(tree, 'ungrouped')
  all.children.set('ungrouped', { file: '' })
  return tree
}

/** Adds what one source says; returns what cannot be so. */
export function addSource(
  tree: GroupTree,
  { statements }: ParsedSource,
  names: SourceNames,
): readonly Problem[] {
  const problems: Problem[] = []
  for (const statement of statements) {
    const problem = addStatement(tree, statement, names)
    if (problem !== null) problems.push(problem)
  }
  return problems
}

function addStatement(tree: GroupTree, statement: Statement, names: SourceNames): Problem | null {
  switch (statement.kind) {
    case 'group':
      addGroup(tree, statement.group)
      return null
    case 'child':
      return addChild(tree, statement.group, statement.child, statement.at)
    case 'host':
      addHost(tree, statement, names)
      addGroup(tree, statement.group).hosts.add(statement.host)
      return null
    case 'variable':
      return setVariable(tree, statement)
  }
}

function addGroup(tree: GroupTree, name: string): TreeGroup {
  const known = tree.groups.get(name)
  if (known !== undefined) return known
  const group: TreeGroup = { name, children: new Map(), hosts: new Set(), vars: new Map(), priority: 1 }
  tree.groups.set(name, group)
  return group
}

function addHost(
  tree: GroupTree,
  { host: name, port, at }: Extract<Statement, { kind: 'host' }>,
  source: SourceNames,
): void {
  if (tree.hosts.has(name)) return
  const vars = new Map<string, TreeVariable>()
  if (port !== null && port !== 0) vars.set('ansible_port', { value: port, at })
  tree.hosts.set(name, { name, vars, source })
}

function addChild(tree: GroupTree, group: string, child: string, at: SourcePlace): Problem | null {
  if (child === 'all')
    return { ...at, what: `all cannot be a child of ${group}`, remedy: 'remove it: all holds every group' }
  if (child === 'ungrouped' && group !== 'all')
    return {
      ...at,
      what: `ungrouped cannot be a child of ${group}`,
      remedy: `name the hosts in ${group} itself`,
    }
  const { children } = addGroup(tree, group)
  addGroup(tree, child)
  if (!children.has(child)) children.set(child, at)
  return null
}

function setVariable(tree: GroupTree, statement: Extract<Statement, { kind: 'variable' }>): Problem | null {
  const { of, key, value, at } = statement
  // As in Ansible: where a host bears the name of a group, its variables go to the group.
  const group = tree.groups.get(of)
  if (group !== undefined && key === 'ansible_group_priority') {
    const priority = wholeNumber(value)
    if (priority === null)
      return {
        ...at,
        what: `ansible_group_priority of ${of} is not a whole number`,
        remedy: 'give a number; the higher one wins, 1 is usual',
      }
    group.priority = priority
    return null
  }
  ;(group ?? tree.hosts.get(of))?.vars.set(key, statement)
  return null
}

function wholeNumber(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value)
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value) ? Number(value) : null
}
