import type { HostFacts } from '../host/facts.ts'
import { ourSysctlFiles } from '../kernel/our-files.ts'
import { bootSystemWith } from './boot-system.ts'
import { predictOnce } from './predict-once.ts'
import type { SizedWish } from './size-wish.ts'
import { wishedAtBoot } from './wished-at-boot.ts'
import { type WishedFile, wishedFilesAt } from './wished-files-at.ts'

/**
 * Our files as they must be for the wish to hold after a reboot. The values stand under the name the host has them
 * under already, or under the first with which no file of others in a sysctl.d has the last word.
 */
export function wishedFiles(wish: SizedWish, facts: HostFacts): readonly WishedFile[] {
  const present = ourSysctlFiles.filter((path) => facts.files.get(path)?.state === 'present')
  const [usual] = ourSysctlFiles
  if (present.every((path) => path === usual) && !hasLaterFiles(facts, usual))
    return wishedFilesAt(wish, facts, usual)
  const names = [...present, ...ourSysctlFiles]
  const path = names.find((name) => wins(name, wish, facts)) ?? names[0] ?? usual
  return wishedFilesAt(wish, facts, path)
}

/** Does the name of a file in some sysctl.d sort behind ours? */
function hasLaterFiles({ boot }: HostFacts, ours: string): boolean {
  return boot.files.some(({ path }) => isInSysctlFolder(path) && nameOf(path) > nameOf(ours))
}

function wins(path: string, wish: SizedWish, facts: HostFacts): boolean {
  const { keys } = predictOnce(bootSystemWith(wish, facts, wishedFilesAt(wish, facts, path)))
  return [...wishedAtBoot(wish, facts).keys()].every((key) => {
    const decider = keys.get(key)?.decidedBy?.file
    return decider === undefined || decider === path || !isInSysctlFolder(decider)
  })
}

function isInSysctlFolder(path: string): boolean {
  return /\/sysctl\.d\/[^/]+$/.test(path)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
