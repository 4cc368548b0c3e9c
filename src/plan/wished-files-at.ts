import type { HostFacts } from '../host/facts.ts'
import {
  renderModprobeDropIn,
  renderModulesLoadDropIn,
  renderStartScript,
  renderSysctlDropIn,
} from '../kernel/drop-in.ts'
import { ourFiles, ourSysctlFiles } from '../kernel/our-files.ts'
import { settingsAtBoot, takesModuleFiles } from './settings-at-boot.ts'
import type { SizedWish } from './size-wish.ts'
import { isConntrackKey } from './targets.ts'

/** A file of ours as it must be for the wish to hold after a reboot. */
export interface WishedFile {
  readonly path: string
  /** Null: it shall not be there. */
  readonly text: string | null
  readonly reason: string
}

/** All of them, with the values at `sysctlPath`; those that a host does not need are left out. */
export function wishedFilesAt(wish: SizedWish, facts: HostFacts, sysctlPath: string): readonly WishedFile[] {
  const settings = settingsAtBoot(wish, facts)
  if (facts.boot.init === 'sysvinit-rhel5') return [startScript(wish, facts, settings)]
  const files: WishedFile[] = []
  if (settings.size > 0) files.push(...sysctlFiles(sysctlPath, facts, settings))
  if (!takesModuleFiles(facts)) return files
  const { buckets } = wish
  const module = moduleOf(facts)
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

function startScript(
  { buckets }: SizedWish,
  facts: HostFacts,
  settings: ReadonlyMap<string, string>,
): WishedFile {
  const path = ourFiles.startScript
  return {
    path,
    text: renderStartScript(textOf(facts, path), moduleOf(facts), buckets, settings),
    reason: 'loads the module and sets the values at boot, where no folder of settings is read',
  }
}

function moduleOf({ family }: HostFacts): string {
  return family === 'ip' ? 'ip_conntrack' : 'nf_conntrack'
}

/** One of our names holds the values; what stands under the others moves there. */
function sysctlFiles(
  path: string,
  facts: HostFacts,
  settings: ReadonlyMap<string, string>,
): readonly WishedFile[] {
  const others = ourSysctlFiles.filter((other) => other !== path && textOf(facts, other) !== null)
  const before = [...others, path].map((own) => textOf(facts, own) ?? '').join('')
  return [
    { path, text: renderSysctlDropIn(before, settings), reason: 'sets the values at boot' },
    ...others.map((other) => ({
      path: other,
      text: null,
      reason: `moves to ${path}, behind files of others`,
    })),
  ]
}

/** Up to 4.18, the timeouts of TCP and UDP come with these and not with nf_conntrack itself. */
function protocolModules({ conntrackModules }: HostFacts): readonly string[] {
  return conntrackModules.filter((name) => name === 'nf_conntrack_ipv4' || name === 'nf_conntrack_ipv6')
}

function textOf({ files }: HostFacts, path: string): string | null {
  const file = files.get(path)
  return file?.state === 'present' ? file.text : null
}
