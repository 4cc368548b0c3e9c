import type { Problem } from '../problem.ts'
import type { Vault } from '../secrets/vault.ts'
import { utf8Problem } from '../yaml/character-problem.ts'
import type { FileText } from '../yaml/read-text.ts'
import { isEmpty, type MapEntry, toPlain, type YamlNode } from '../yaml/yaml-node.ts'
import { readAnsibleYaml } from './ansible-yaml.ts'
import { didYouMean } from '../nearest.ts'
import { expandHosts } from './ranges.ts'
import type { ParsedSource, SourcePlace, Statement } from './statement.ts'

interface Reading {
  readonly statements: Statement[]
  readonly problems: Problem[]
}

const sections = ['hosts', 'children', 'vars']

/** Reads a YAML (or JSON) inventory as Ansible's `yaml` plugin does. */
export function parseYamlInventory(source: FileText, file: string, vault: Vault): ParsedSource {
  const strange = utf8Problem(source, file)
  if (strange !== undefined)
    return {
      statements: [],
      problems: [strange],
    }
  const { root, problems } = readAnsibleYaml(source.text, file, vault)
  const reading: Reading = { statements: [], problems: [...problems] }
  if (root === null) return reading
  if (root.kind !== 'map')
    complain(
      reading,
      root.place,
      `the inventory is ${describe(root)}, not a mapping of groups`,
      'begin with all:',
    )
  else {
    const plugin = [...root.entries.values()].find(({ key, value }) => key === 'plugin' && !isEmpty(value))
    if (plugin === undefined) for (const entry of root.entries.values()) readGroup(entry, reading)
    else
      complain(
        reading,
        plugin.keyPlace,
        'this configures a plugin of Ansible, which is not run',
        `save what it finds: ansible-inventory -i ${plugin.keyPlace.file} --list --yaml --output hosts.yml`,
      )
  }
  return reading
}

function readGroup({ key: group, keyIsText, keyPlace: at, value }: MapEntry, reading: Reading): void {
  if (!keyIsText) complain(reading, at, `the group name ${group} is not text`, 'put it in quotes')
  if (group === '' || /[\p{Cc}\p{Cf}]/u.test(group)) {
    complain(reading, at, 'a group name is empty or holds control characters', 'write a plain name')
    return
  }
  reading.statements.push({ kind: 'group', group, at })
  if (isEmpty(value)) return
  if (value.kind !== 'map') {
    complain(
      reading,
      value.place,
      `the group ${group} is ${describe(value)}`,
      'give it hosts:, children: or vars:',
    )
    return
  }
  for (const section of value.entries.values()) {
    if (!sections.includes(section.key)) {
      const what = `the group ${group} has the key ${section.key}${didYouMean(section.key, sections)}`
      complain(
        reading,
        section.keyPlace,
        what,
        'put groups under children:, hosts under hosts:, variables under vars:',
      )
      continue
    }
    for (const entry of entriesOf(section, group, reading)) readEntry(section.key, group, entry, reading)
  }
}

/** What stands in a section; a lone name stands for itself, as in `hosts: web01`. */
function entriesOf({ key, value }: MapEntry, group: string, reading: Reading): Iterable<MapEntry> {
  if (value.kind === 'map') return value.entries.values()
  if (isEmpty(value)) return []
  if (value.kind === 'scalar' && typeof value.value === 'string' && key !== 'vars')
    return [
      {
        key: value.value,
        keyIsText: true,
        keyPlace: value.place,
        value: { kind: 'scalar', value: null, isQuoted: false, place: value.place },
      },
    ]
  complain(
    reading,
    value.place,
    `${key} of the group ${group} is ${describe(value)}, not a mapping`,
    key === 'vars' ? 'write each as name: value' : 'write each name as a key of its own, followed by a colon',
  )
  return []
}

function readEntry(section: string, group: string, entry: MapEntry, reading: Reading): void {
  const { key, keyPlace: at, value } = entry
  if (section === 'vars') {
    reading.statements.push({ kind: 'variable', of: group, key, value: toPlain(value), at })
  } else if (section === 'children') {
    readGroup(entry, reading)
    reading.statements.push({ kind: 'child', group, child: key, at })
  } else {
    readHosts(group, entry, reading)
  }
}

function readHosts(group: string, { key, keyIsText, keyPlace: at, value }: MapEntry, reading: Reading): void {
  if (!keyIsText) {
    complain(reading, at, `the host name ${key} is not text`, 'put it in quotes')
    return
  }
  if (value.kind !== 'map' && !isEmpty(value)) {
    complain(
      reading,
      value.place,
      `the host ${key} is ${describe(value)}`,
      'give it variables, as name: value',
    )
    return
  }
  const hosts = expandHosts(key)
  if (!hosts.ok) {
    complain(reading, at, hosts.what, hosts.remedy)
    return
  }
  const settings = value.kind === 'map' ? [...value.entries.values()] : []
  for (const host of hosts.names) {
    reading.statements.push({ kind: 'host', group, host, port: hosts.port, at })
    for (const setting of settings)
      reading.statements.push({
        kind: 'variable',
        of: host,
        key: setting.key,
        value: toPlain(setting.value),
        at: setting.keyPlace,
      })
  }
}

function describe(node: YamlNode): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a mapping'
  if (node.kind === 'broken') return 'not understood'
  return typeof node.value === 'string' ? 'plain text' : `the value ${String(node.value)}`
}

function complain(reading: Reading, at: SourcePlace, what: string, remedy: string): void {
  reading.problems.push({ ...at, what, remedy })
}
