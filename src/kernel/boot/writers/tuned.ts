import type { BootFile } from '../boot-system.ts'
import { placeOf } from '../statement.ts'
import { variableKey } from '../variables.ts'
import { findTunable } from '../../tunables.ts'
import type { Writer, WriterFacts, Written } from './writer.ts'
import { fileAt, isStarted, processesNamed, settingIn } from './facts.ts'

/** LOAD_DIRECTORIES of tuned 2.19 (consts.py), and with `profiles/` as newer ones have it; /etc wins. */
const folders = ['/etc/tuned/profiles', '/etc/tuned', '/usr/lib/tuned/profiles', '/usr/lib/tuned']

/**
 * What tuned's active profile writes. Its [sysctl] values give way to those of /run and /etc when
 * reapply_sysctl is on, as it is by default (tuned-main.conf); [net] nf_conntrack_hashsize does not.
 */
export function tunedWriters(facts: WriterFacts): readonly Writer[] {
  const active = fileAt(facts, '/etc/tuned/active_profile')?.lines[0]?.text.trim() ?? ''
  if (active === '') return []
  if (!isStarted(facts, 'tuned') && processesNamed(facts, 'tuned').length === 0 && facts.services !== null)
    return []
  const profiles = profileFiles(facts, active.split(/\s+/), new Set())
  const writes = new Map<string, Written>()
  for (const file of profiles) for (const one of writesOf(file)) writes.set(one.key, one)
  if (writes.size === 0) return []
  const reapplies = !/^(0|false|no)$/i.test(
    settingIn(fileAt(facts, '/etc/tuned/tuned-main.conf'), 'reapply_sysctl')?.value ?? '1',
  )
  return [
    {
      code: 'tuned-writes',
      name: `tuned (profile ${active})`,
      writes: [...writes.values()],
      when: 'each time it starts or changes its profile',
      certainty: 'likely',
      note: reapplies
        ? 'After its sysctls it applies /run/sysctl.d, /etc/sysctl.d and /etc/sysctl.conf again, so these win; over its hashsize they do not.'
        : 'reapply_sysctl is off: its sysctls stay over those of /etc/sysctl.d.',
      cure: 'Choose another profile, or make one that includes this one and has the wished values in [sysctl] and [net] nf_conntrack_hashsize=.',
    },
  ]
}

/** The files of the profiles, those they include first. */
function profileFiles(facts: WriterFacts, names: readonly string[], seen: Set<string>): readonly BootFile[] {
  return names.flatMap((name) => {
    if (seen.has(name)) return []
    seen.add(name)
    const file = folders
      .map((folder) => fileAt(facts, `${folder}/${name}/tuned.conf`))
      .find((one) => one !== undefined)
    if (!file) return []
    // What a function such as ${f:virt_check:a:b} would choose is not known: all it names.
    const included =
      settingIn(file, 'include')
        ?.value.split(/[\s,:{}$]+/)
        .filter((word) => word !== '' && word !== 'f') ?? []
    return [...profileFiles(facts, included, seen), file]
  })
}

/**
 * `nf_conntrack=+r` in [modules] takes the module out and in again (plugin_modules.py), and all it held with it;
 * a `hashsize=` behind it is the new one, with max eight times that.
 */
function reloads(text: string, place: Written['place']): readonly Written[] {
  const options = /^\s*nf_conntrack\s*=\s*\+r\s*,?(.*)$/.exec(text)?.[1]
  if (options === undefined) return []
  const buckets = /\bhashsize=(\d+)/.exec(options)?.[1]
  const all: Written = { key: 'net.netfilter.nf_conntrack_*', value: null, how: 'default', place }
  return buckets === undefined ? [all] : [all, { key: 'hashsize', value: buckets, how: 'sets', place }]
}

function writesOf(file: BootFile): readonly Written[] {
  return file.lines.flatMap((line): readonly Written[] => {
    const reloaded = reloads(line.text, placeOf(file, line))
    if (reloaded.length > 0) return reloaded
    const match = /^\s*([\w./]+)\s*=\s*(>?)\s*(\d+)/.exec(line.text)
    if (!match) return []
    const [, name = '', atLeast, value = ''] = match
    const key =
      name === 'nf_conntrack_hashsize' || name.endsWith('/nf_conntrack/parameters/hashsize')
        ? 'hashsize'
        : variableKey(name)
    if (key !== 'hashsize' && !findTunable(key)) return []
    // `=>` sets only when what stands there is less (tuned.conf(5)).
    return [{ key, value, how: atLeast === '>' ? 'at_least' : 'sets', place: placeOf(file, line) }]
  })
}
