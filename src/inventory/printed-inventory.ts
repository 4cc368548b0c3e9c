import type { Problem } from '../problem.ts'
import type { Vault } from '../secrets/vault.ts'
import { toPlain } from '../yaml/yaml-node.ts'
import { readAnsibleYaml } from './ansible-yaml.ts'
import { reviveEncrypted } from './marked-value.ts'
import { wrongInHostName } from './ranges.ts'
import type { ParsedSource, SourcePlace, Statement } from './statement.ts'

/** What a program printed for `--list`. */
export interface PrintedInventory extends ParsedSource {
  readonly hosts: ReadonlySet<string>
  /** It told the variables of all hosts, so that none has to be asked for. */
  readonly hasMeta: boolean
}

type PlainMap = Readonly<Record<string, unknown>>

/** A number that JavaScript could not hold exactly stands in the text. */
const longNumber = /[[:,\s]-?\d{16}/

/** Reads what an inventory program prints, as Ansible's `script` plugin does. Never throws. */
export function parsePrintedInventory(text: string, shown: string, vault: Vault): PrintedInventory {
  const at: SourcePlace = { file: shown }
  const statements: Statement[] = []
  const problems: Problem[] = []
  const hosts = new Set<string>()
  const complain = (what: string, remedy: string): void => {
    problems.push({ ...at, what, remedy })
  }
  const empty = { statements, problems, hosts, hasMeta: true }
  const root = parseJson(text, shown, vault)
  if (root === undefined || !isMap(root)) {
    complain(
      `the program did not print ${root === undefined ? 'JSON' : 'a JSON object'} when asked for --list`,
      'it has to print an object of groups, as ansible-inventory --list does, and nothing else to stdout',
    )
    return empty
  }

  const addHost = (group: string, host: unknown): void => {
    const wrong =
      typeof host === 'string' ? wrongInHostName(host) : { what: 'a host name is not text', remedy: '' }
    if (wrong !== null || typeof host !== 'string') {
      complain(`in the group ${group} ${wrong?.what}`, 'correct the program')
      return
    }
    hosts.add(host)
    statements.push({ kind: 'host', group, host, port: null, at })
  }
  for (const [group, written] of Object.entries(root)) {
    if (group === '_meta') continue
    if (group === '' || /[\p{Cc}\p{Cf}]/u.test(group)) {
      complain('a group name is empty or holds control characters', 'correct the program')
      continue
    }
    statements.push({ kind: 'group', group, at })
    const said = groupData(group, written)
    const { hosts: named = [], vars = {}, children = [] } = said
    if (Array.isArray(named)) for (const host of named) addHost(group, host)
    else complain(`the hosts of the group ${group} are not a list`, 'correct the program')
    if (isMap(vars))
      for (const [key, value] of Object.entries(vars))
        statements.push({ kind: 'variable', of: group, key, value, at })
    else complain(`the vars of the group ${group} are not an object`, 'correct the program')
    if (Array.isArray(children) && children.every((child) => typeof child === 'string'))
      for (const child of children) {
        statements.push({ kind: 'group', group: child, at })
        statements.push({ kind: 'child', group, child, at })
      }
    else complain(`the children of the group ${group} are not a list of names`, 'correct the program')
  }
  return { ...empty, hasMeta: addMeta(root['_meta'], hosts, statements, complain, at) }
}

/** Ansible's three ways to write a group: a list of hosts, an object of sections, the variables of a host of that name. */
function groupData(group: string, written: unknown): PlainMap {
  if (!isMap(written)) return { hosts: written }
  const isSections = ['hosts', 'vars', 'children'].some((section) => Object.hasOwn(written, section))
  return isSections ? written : { hosts: [group], vars: written }
}

function addMeta(
  meta: unknown,
  hosts: ReadonlySet<string>,
  statements: Statement[],
  complain: (what: string, remedy: string) => void,
  at: SourcePlace,
): boolean {
  const hostvars = isMap(meta) ? meta['hostvars'] : undefined
  if (hostvars === undefined) return false
  if (!isMap(hostvars)) {
    complain('_meta.hostvars is not an object', 'correct the program')
    return true
  }
  for (const host of hosts) {
    const vars = Object.hasOwn(hostvars, host) ? (hostvars[host] ?? {}) : {}
    if (isMap(vars))
      for (const [key, value] of Object.entries(vars))
        statements.push({ kind: 'variable', of: host, key, value, at })
    else complain(`the variables of ${host} in _meta are not an object`, 'correct the program')
  }
  return true
}

/** Reads what a program prints for `--host`: nothing, or an object of variables. Never throws. */
export function parsePrintedHost(text: string, host: string, shown: string, vault: Vault): ParsedSource {
  const vars = text.trim() === '' ? {} : parseJson(text, shown, vault)
  const at: SourcePlace = { file: shown }
  if (vars !== undefined && isMap(vars))
    return {
      statements: Object.entries(vars).map(([key, value]) => ({
        kind: 'variable',
        of: host,
        key,
        value,
        at,
      })),
      problems: [],
    }
  const what = `the program did not print a JSON object when asked for --host ${host}`
  return {
    statements: [],
    problems: [{ ...at, what, remedy: 'let it print an object of variables, or _meta' }],
  }
}

function parseJson(text: string, shown: string, vault: Vault): unknown {
  try {
    const value: unknown = JSON.parse(text, (_key, item: unknown) => reviveEncrypted(item, vault))
    if (!longNumber.test(text)) return value
  } catch {
    return undefined
  }
  const { root } = readAnsibleYaml(text, shown, vault)
  return root === null ? undefined : toPlain(root)
}

function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
