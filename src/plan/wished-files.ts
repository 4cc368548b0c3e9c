import type { HostFacts } from '../host/facts.ts'
import { renderModprobeDropIn, renderModulesLoadDropIn, renderSysctlDropIn } from '../kernel/drop-in.ts'
import { ourFiles } from '../kernel/our-files.ts'
import { settingsAtBoot } from './settings-at-boot.ts'
import type { SizedWish } from './size-wish.ts'
import { isConntrackKey } from './targets.ts'

/** A file of ours as it must be for the wish to hold after a reboot. */
export interface WishedFile {
  readonly path: string
  readonly text: string
  readonly reason: string
}

/** All of them; those that a host does not need are left out. */
export function wishedFiles(wish: SizedWish, facts: HostFacts): readonly WishedFile[] {
  const settings = settingsAtBoot(wish, facts)
  const files: WishedFile[] = []
  if (settings.size > 0)
    files.push({
      path: ourFiles.sysctl,
      text: renderSysctlDropIn(textOf(facts, ourFiles.sysctl), settings),
      reason: 'sets the values at boot',
    })
  // A built-in conntrack takes no module options and is always there in time.
  if (facts.module === 'builtin') return files
  const { buckets } = wish
  const module = facts.family === 'ip' ? 'ip_conntrack' : 'nf_conntrack'
  if (buckets !== undefined)
    files.push({
      path: ourFiles.modprobe,
      text: renderModprobeDropIn(module, buckets),
      reason: 'gives the module its hashsize when it is loaded',
    })
  if (buckets !== undefined || [...settings.keys()].some(isConntrackKey))
    files.push({
      path: ourFiles.modulesLoad,
      text: renderModulesLoadDropIn([module, ...protocolModules(facts)]),
      reason: 'loads the module before the values are set',
    })
  return files
}

/** Up to 4.18, the timeouts of TCP and UDP come with these and not with nf_conntrack itself. */
function protocolModules({ conntrackModules }: HostFacts): readonly string[] {
  return conntrackModules.filter((name) => name === 'nf_conntrack_ipv4' || name === 'nf_conntrack_ipv6')
}

function textOf({ files }: HostFacts, path: string): string | null {
  const file = files.get(path)
  return file?.state === 'present' ? file.text : null
}
