import type { MaxPolicy } from '../kernel/max-policy.ts'
import type { Problem } from '../problem.ts'
import { checkRollout } from './check-rollout.ts'
import type { Play, Setting, SysctlSetting } from './play.ts'
import { booleanOf, readBoolean } from './read-boolean.ts'
import { readDrain } from './read-drain.ts'
import { readHashsize } from './read-hashsize.ts'
import { readConflicts, readHosts, readModule, readName } from './read-play-keys.ts'
import { readMax } from './read-max.ts'
import { readUnload } from './read-unload.ts'
import { readNotrack, readStateless } from './read-services.ts'
import { readSetting } from './read-setting.ts'
import { readSysctlValue } from './read-sysctl-value.ts'
import { tunableReader } from './read-tunable.ts'
import type { Reader } from './reading.ts'
import { structureProblems } from './structure-problems.ts'
import type { WishedHashsize } from './wish.ts'
import { writtenSettings, type WrittenSetting } from './written-settings.ts'
import { nodeAt, type MapNode, type YamlNode } from '../yaml/yaml-node.ts'

/** The play that `node` describes, or every problem it has. */
export function checkPlay(node: MapNode): Play | readonly Problem[] {
  const problems: Problem[] = []
  const settings = readSettings(writtenSettings(node, problems), problems)
  const name = readKey(node, ['name'], readName, problems)
  const hosts = readKey(node, ['hosts'], readHosts, problems)
  const become = readKey(node, ['become'], readBoolean, problems)
  const persist = readKey(node, ['persist'], readBoolean, problems)
  const conflicts = readKey(node, ['conflicts'], readConflicts, problems)
  const module = readKey(node, ['conntrack', 'module'], readModule, problems)
  const unload = readKey(node, ['modules', 'unload'], readUnload, problems)
  const notrack = readKey(node, ['notrack'], readNotrack, problems)
  const stateless = readKey(node, ['stateless_rules'], readStateless, problems)
  const drain = readKey(node, ['drain'], readDrain, problems)
  const rollout = checkRollout(node, problems)
  if (become?.kind === 'open')
    problems.push({
      ...become.place,
      what: 'become: a play becomes root on all its hosts or on none, so no variable may stand here',
      remedy: 'write true or false, or set ansible_become for single hosts in the inventory',
    })

  const structure = structureProblems(node)
  problems.push(...structure.shape)
  const told = new Set(problems.map(placeText))
  for (const { problem, keyPlace } of structure.values)
    if (!told.has(placeText(problem)) && !(keyPlace && told.has(placeText(keyPlace)))) problems.push(problem)

  if (problems.length === 0 && asksForNothing(node))
    problems.push({
      ...node.place,
      what: 'the play asks for nothing',
      remedy: 'add `conntrack:`, `sysctl:` or `notrack:`, or remove it',
    })
  if (problems.length > 0 || hosts === undefined) return problems

  const pattern = textOf(hosts)
  const defaults = { label: '', place: node.place, kind: 'known' } as const
  return {
    name: name === undefined ? pattern : textOf(name),
    place: node.place,
    hosts: { pattern, place: hosts.place },
    become: become?.kind === 'known' ? become.value : undefined,
    rollout,
    ...settings,
    persist: persist ?? { ...defaults, value: true },
    conflicts: conflicts ?? { ...defaults, value: 'report' },
    ...(drain === undefined ? {} : { drain }),
    module: module ?? { ...defaults, value: 'leave' },
    ...(notrack === undefined ? {} : { notrack }),
    ...(stateless === undefined ? {} : { stateless }),
    ...(unload === undefined ? {} : { unload }),
  }
}

function placeText({ line, column }: Pick<Problem, 'line' | 'column'>): string {
  return `${line}:${column}`
}

interface ReadSettings {
  max?: Setting<number | MaxPolicy>
  hashsize?: Setting<WishedHashsize>
  readonly sysctls: SysctlSetting[]
}

function readSettings(written: readonly WrittenSetting[], problems: Problem[]): ReadSettings {
  const settings: ReadSettings = { sysctls: [] }
  for (const { key, tunable, label, node } of written) {
    if (tunable?.unit === 'entries') {
      const max = readSetting(node, label, (value) => readMax(value, tunable), problems)
      if (max !== undefined) settings.max = max
    } else if (tunable?.unit === 'buckets') {
      const hashsize = readSetting(node, label, (value) => readHashsize(value, tunable), problems)
      if (hashsize !== undefined) settings.hashsize = hashsize
    } else {
      const reader = tunable === undefined ? neighbourReader(node) : tunableReader(tunable)
      const setting = readSetting(node, label, reader, problems)
      if (setting !== undefined) settings.sysctls.push({ key, setting })
    }
  }
  return settings
}

/** Without quotes `on` is a boolean, as in YAML 1.1; in quotes it is the word, which some settings take. */
function neighbourReader(node: YamlNode): Reader<string> {
  const isPlainWord = node.kind === 'scalar' && !node.isQuoted
  return (value) => readSysctlValue((isPlainWord ? booleanOf(value) : undefined) ?? value)
}

function readKey<T>(
  play: MapNode,
  path: readonly string[],
  reader: Reader<T>,
  problems: Problem[],
): Setting<T> | undefined {
  const node = nodeAt(play, path)
  return node === undefined ? undefined : readSetting(node, path.join('.'), reader, problems)
}

function textOf(setting: Setting<string>): string {
  return setting.kind === 'known' ? setting.value : setting.template
}

function asksForNothing(play: MapNode): boolean {
  return ['conntrack', 'sysctl', 'notrack', 'stateless_rules', 'modules', 'drain'].every((section) => {
    const node = nodeAt(play, [section])
    return node === undefined || (node.kind === 'map' && node.entries.size === 0)
  })
}
