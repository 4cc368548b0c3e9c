import { isSysctlKey } from '../kernel/sysctl-key.ts'
import { findTunable, tunables } from '../kernel/tunables.ts'
import type { Tunable } from '../kernel/tunable.ts'
import { nearest } from '../nearest.ts'
import { elsewhere } from './elsewhere.ts'
import type { Mistake } from './reading.ts'
import { conntrackSchema, playSchema } from './schema.ts'
import { showText } from '../show-value.ts'

const playKeys = Object.keys(playSchema.shape)
const shortNames = { timeout: shortNamesOf('timeout'), option: shortNamesOf('option') }
const conntrackKeys = Object.keys(conntrackSchema.shape)

/** What to say of a key that a play, or its `conntrack:`, does not have. */
export function unknownKey(key: string, level: 'play' | 'conntrack'): Mistake {
  const shown = showText(key)
  const what = `${level === 'play' ? 'a play' : 'conntrack'} has no key \`${shown}\``
  const known = level === 'play' ? playKeys : conntrackKeys
  const home = homeOf(key, level)
  if (home !== undefined) return { what, remedy: home }
  const close = nearest(key, known)
  return {
    what,
    remedy: close === undefined ? `use one of ${known.join(', ')}` : `did you mean \`${close}\`?`,
  }
}

function shortNamesOf(area: Tunable['area']): readonly string[] {
  return tunables.filter((tunable) => tunable.area === area).map(({ shortName }) => shortName)
}

function homeOf(key: string, level: 'play' | 'conntrack'): string | undefined {
  if (level === 'conntrack' && playKeys.includes(key)) return 'move it to the left: it belongs to the play'
  if (level === 'play' && conntrackKeys.includes(key)) return 'move it under `conntrack:`'
  if (level === 'play' && Object.hasOwn(elsewhere, key)) return elsewhere[key]
  const tunable = tunableCalled(key)
  if (tunable !== undefined) return `write it as ${pathOf(tunable)}`
  return key.includes('.') && isSysctlKey(key) ? 'move it under `sysctl:` of the play' : undefined
}

/** What to say of a name that `timeouts:` or `options:` does not have. */
export function unknownName(name: string, area: 'timeout' | 'option'): Mistake {
  const what = `there is no ${area} \`${showText(name)}\``
  const meant = tunableCalled(name)
  if (meant !== undefined) return { what, remedy: `write it as ${pathOf(meant)}` }
  const names = shortNames[area]
  const endings = names.filter((known) => known.endsWith(`_${name}`))
  const close = endings.length > 0 ? endings : [nearest(name, names) ?? []].flat()
  if (close.length === 0) return { what, remedy: '`conntrackctl schema` lists those there are' }
  return { what, remedy: `did you mean ${close.map((known) => `\`${known}\``).join(' or ')}?` }
}

/** A setting by any name people may know it under: short, the kernel's, half of it, an old one. */
function tunableCalled(name: string): Tunable | undefined {
  const bare = name.replace(/^(?:sys[./])?net[./](?:ipv4[./])?(?:netfilter[./])?/, '')
  return (
    tunables.find(({ shortName }) => shortName === name) ??
    findTunable(`net.netfilter.${bare}`) ??
    findTunable(`net.ipv4.netfilter.${bare}`) ??
    findTunable(`net.netfilter.nf_conntrack_${bare}`)
  )
}

function pathOf({ area, shortName }: Tunable): string {
  if (area === 'size') return `\`${shortName}:\` under \`conntrack:\``
  return `\`${shortName}:\` under \`${area}s:\` of \`conntrack:\``
}
