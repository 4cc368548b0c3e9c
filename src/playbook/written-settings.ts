import { canonicalKey } from '../kernel/sysctl-key.ts'
import { findByShortName, findTunable } from '../kernel/tunables.ts'
import type { Tunable } from '../kernel/tunable.ts'
import type { Problem } from '../problem.ts'
import type { Mistake } from './reading.ts'
import { sysctlKeyFault } from './sysctl-key-fault.ts'
import { unknownName } from './unknown-key.ts'
import type { Place } from '../yaml/place-finder.ts'
import type { MapEntry, MapNode, YamlNode } from '../yaml/yaml-node.ts'

/** One kernel setting as a play has it, under whichever of its names and sections. */
export interface WrittenSetting {
  /** Dotted, in today's spelling. */
  readonly key: string
  /** Undefined for a neighbour of which we know nothing. */
  readonly tunable: Tunable | undefined
  readonly label: string
  readonly keyPlace: Place
  readonly node: YamlNode
}

/**
 * Every kernel setting of a play, in the order of the file. Adds to `problems` the names that do not
 * exist, and settings that stand in two places; of those only the first is given.
 */
export function writtenSettings(play: MapNode, problems: Problem[]): readonly WrittenSetting[] {
  const settings = new Map<string, WrittenSetting>()

  function add(setting: WrittenSetting): void {
    const first = settings.get(setting.key)
    if (first === undefined) {
      settings.set(setting.key, setting)
      return
    }
    const { line, column } = first.keyPlace
    problems.push({
      ...setting.keyPlace,
      what: `${setting.label} sets what ${first.label} sets at ${line}:${column} already (${setting.key})`,
      remedy: 'keep one of them',
    })
  }

  function refuse(place: Place, { what, remedy }: Mistake): void {
    problems.push({ ...place, what, remedy })
  }

  function addNamed(area: 'timeout' | 'option', name: string, { keyPlace, value }: MapEntry): void {
    const tunable = namedTunable(area, name)
    if (tunable === undefined) refuse(keyPlace, unknownName(name, area))
    else add({ key: tunable.key, tunable, label: `conntrack.${area}s.${name}`, keyPlace, node: value })
  }

  function addSysctl(written: string, { keyPlace, value }: MapEntry): void {
    const fault = sysctlKeyFault(written)
    if (fault !== undefined) {
      refuse(keyPlace, fault)
      return
    }
    const key = canonicalKey(written)
    add({ key, tunable: findTunable(key), label: written, keyPlace, node: value })
  }

  for (const [section, { value }] of play.entries) {
    if (section === 'sysctl') for (const [key, entry] of entriesOf(value)) addSysctl(key, entry)
    if (section !== 'conntrack') continue
    for (const [name, entry] of entriesOf(value)) {
      const size = findByShortName('size', name)
      if (size !== undefined)
        add({
          key: size.key,
          tunable: size,
          label: `conntrack.${name}`,
          keyPlace: entry.keyPlace,
          node: entry.value,
        })
      if (name === 'timeouts')
        for (const [timeout, inner] of entriesOf(entry.value)) addNamed('timeout', timeout, inner)
      if (name === 'options')
        for (const [option, inner] of entriesOf(entry.value)) addNamed('option', option, inner)
    }
  }
  return [...settings.values()]
}

/** A setting by the short name, or by the kernel's own with or without its folder. */
function namedTunable(area: 'timeout' | 'option', name: string): Tunable | undefined {
  const full = canonicalKey(/[./]/.test(name) ? name : `net.netfilter.${name}`)
  const found = findByShortName(area, name) ?? findTunable(full)
  return found?.area === area ? found : undefined
}

/** Nothing for what is no mapping: the schema speaks of that. */
function entriesOf(node: YamlNode): Iterable<[string, MapEntry]> {
  return node.kind === 'map' ? node.entries : []
}
