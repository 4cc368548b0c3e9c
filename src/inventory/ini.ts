import type { Problem } from '../problem.ts'
import { didYouMean } from '../nearest.ts'
import { parsePythonLiteral } from './python-literal.ts'
import { expandHosts, type HostNames } from './ranges.ts'
import type { FileText } from '../yaml/read-text.ts'
import { splitShellWords } from './shell-words.ts'
import type { ParsedSource, SourcePlace, Statement } from './statement.ts'

const sectionPattern = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/
/** Near names are looked for this often only: each time all groups are gone through. */
const maxSuggestions = 10

const groupNamePattern = /^([^:\]\s]+)\s*(?:#.*)?$/

/** A group that was named before it was declared, and where. */
interface Pending {
  readonly kind: 'child' | 'vars'
  readonly at: SourcePlace
  readonly parents: { readonly group: string; readonly at: SourcePlace }[]
}

interface Reading {
  readonly file: string
  readonly statements: Statement[]
  readonly problems: Problem[]
  /** Groups that exist, from this source or an earlier one. */
  readonly groups: Set<string>
  readonly pending: Map<string, Pending>
}

/** The section that the lines belong to; null behind a header that was not understood. */
type Section = { readonly group: string; readonly kind: 'hosts' | 'children' | 'vars' } | null

/** Reads an INI inventory as Ansible's `ini` plugin does; `known` are the groups of earlier sources. */
export function parseIni(
  { text, strangeLines }: FileText,
  file: string,
  known: Iterable<string>,
): ParsedSource {
  const reading: Reading = { file, statements: [], problems: [], groups: new Set(known), pending: new Map() }
  const strange = new Set(strangeLines)
  let section: Section = { group: 'ungrouped', kind: 'hosts' }
  for (const [index, written] of text.split(/\r\n|\n|\r/).entries()) {
    const line = written.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const at = { file, line: index + 1, column: written.length - written.trimStart().length + 1 }
    if (strange.has(index + 1)) {
      complain(reading, at, 'the line is not UTF-8', 'save the file as UTF-8')
      continue
    }
    const header = sectionPattern.exec(line)
    if (header !== null) section = openSection(header[1] ?? '', header[2] ?? 'hosts', at, reading)
    else if (isBrokenHeader(line)) {
      complain(
        reading,
        at,
        `${line} is not a section header`,
        'write [group], [group:children] or [group:vars], without blanks; a comment behind it begins with #',
      )
      section = null
    } else if (section !== null) readLine(line, section, at, reading)
  }
  reportPending(reading)
  return reading
}

/** Looks like a header that is none; an address in brackets is a mistake of another kind. */
function isBrokenHeader(line: string): boolean {
  return /^\[.*\]$|^\[[^:\]]*\]\s/.test(line) && !/^\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*\]$/i.test(line)
}

function openSection(group: string, kind: string, at: SourcePlace, reading: Reading): Section {
  if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars') {
    const remedy = 'use [group], [group:children] or [group:vars]'
    complain(reading, at, `[${group}:${kind}] is a section of an unknown kind`, remedy)
    return null
  }
  const { groups, pending, statements } = reading
  if (!groups.has(group)) {
    if (kind === 'vars' && !pending.has(group)) pending.set(group, { kind: 'vars', at, parents: [] })
    groups.add(group)
    statements.push({ kind: 'group', group, at })
  }
  if (kind !== 'vars') declare(group, reading)
  return { group, kind }
}

/** A group that others were waiting for now exists: they get it as their child. */
function declare(group: string, reading: Reading): void {
  const waiting = reading.pending.get(group)
  reading.pending.delete(group)
  for (const { group: parent, at } of waiting?.parents ?? [])
    reading.statements.push({ kind: 'child', group: parent, child: group, at })
}

function readLine(line: string, section: NonNullable<Section>, at: SourcePlace, reading: Reading): void {
  switch (section.kind) {
    case 'hosts':
      readHosts(line, section.group, at, reading)
      break
    case 'children':
      readChild(line, section.group, at, reading)
      break
    case 'vars':
      readVariable(line, section.group, at, reading)
      break
  }
}

function readHosts(line: string, group: string, at: SourcePlace, reading: Reading): void {
  const split = splitShellWords(line)
  if (!split.ok) {
    complain(reading, at, split.what, 'close it, or put the value in quotes')
    return
  }
  const [first, ...rest] = split.words
  if (first === undefined) return
  const hosts = readHostNames(first.text, at, reading)
  const settings: Setting[] = []
  for (const word of rest) {
    const setting = readSetting(word.text, columnAt(at, word.start), reading)
    // One slip makes nonsense of the rest of the line: `name = value` would be told three times.
    if (setting === null) return
    settings.push(setting)
  }
  for (const host of hosts?.names ?? []) {
    reading.statements.push({ kind: 'host', group, host, port: hosts?.port ?? null, at })
    for (const setting of settings) reading.statements.push({ kind: 'variable', of: host, ...setting })
  }
}

function readHostNames(
  written: string,
  at: SourcePlace,
  reading: Reading,
): Extract<HostNames, { ok: true }> | null {
  if (written === '---') {
    complain(reading, at, '--- begins a YAML file, but this is read as INI', 'name the file *.yml')
    return null
  }
  const hosts = expandHosts(written)
  if (hosts.ok && (hosts.port !== null || !written.endsWith(':'))) return hosts
  if (hosts.ok) {
    const remedy = 'write host or host:port; a YAML inventory is named *.yml'
    complain(reading, at, `${written} ends in a colon`, remedy)
  } else complain(reading, at, hosts.what, hosts.remedy)
  return null
}

interface Setting {
  readonly key: string
  readonly value: unknown
  readonly at: SourcePlace
}

function readSetting(text: string, at: SourcePlace, reading: Reading): Setting | null {
  const equals = text.indexOf('=')
  if (equals > 0) return { key: text.slice(0, equals), value: typed(text.slice(equals + 1)), at }
  const shown = text === '' ? 'an empty word' : equals === 0 ? 'a word that begins with =' : text
  const remedy = 'write name=value without blanks around =, one host a line'
  complain(reading, at, `${shown} is not of the form name=value`, remedy)
  return null
}

function readChild(line: string, group: string, at: SourcePlace, reading: Reading): void {
  const child = groupNamePattern.exec(line)?.[1]
  if (child === undefined) {
    complain(reading, at, `${line} is not the name of a group`, 'write one group a line')
    return
  }
  if (reading.groups.has(child)) {
    reading.statements.push({ kind: 'child', group, child, at })
    return
  }
  const waiting = reading.pending.get(child)
  if (waiting === undefined) reading.pending.set(child, { kind: 'child', at, parents: [{ group, at }] })
  else waiting.parents.push({ group, at })
}

function readVariable(line: string, group: string, at: SourcePlace, reading: Reading): void {
  const equals = line.indexOf('=')
  if (equals > 0) {
    const value = typed(line.slice(equals + 1).trim())
    reading.statements.push({ kind: 'variable', of: group, key: line.slice(0, equals).trim(), value, at })
    return
  }
  const shown = equals === 0 ? 'a line that begins with =' : line
  complain(reading, at, `${shown} is not of the form name=value`, 'write name=value')
}

function reportPending(reading: Reading): void {
  let suggestions = 0
  for (const [group, { kind, at }] of reading.pending) {
    if (kind === 'vars') {
      complain(
        reading,
        at,
        `[${group}:vars] is for a group that nothing declares`,
        `add a section [${group}]`,
      )
      continue
    }
    suggestions += 1
    const others = suggestions > maxSuggestions ? [] : [...reading.groups].filter((name) => name !== group)
    const what = `no group ${group} is declared${didYouMean(group, others)}`
    complain(reading, at, what, `add a section [${group}] or correct the name`)
  }
}

function typed(text: string): unknown {
  const literal = parsePythonLiteral(text)
  return literal === null ? text : literal.value
}

function columnAt(at: SourcePlace, offset: number): SourcePlace {
  return { ...at, column: (at.column ?? 1) + offset }
}

function complain(reading: Reading, at: SourcePlace, what: string, remedy: string): void {
  reading.problems.push({ ...at, what, remedy })
}
