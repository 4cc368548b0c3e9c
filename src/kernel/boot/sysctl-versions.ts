import type { BootSystem } from './boot-system.ts'
import type { ProcpsOptions } from './procps-sysctl.ts'
import type { SystemdOptions } from './systemd-sysctl.ts'
import { isAtLeast } from '../release.ts'

/** Options for a program, and what had to be assumed of its version; a clause. */
export interface Assumed<Options> {
  readonly options: Options
  readonly doubt: string | null
}

const redHatFamily = new Set(['rhel', 'centos', 'ol', 'scientific', 'amzn', 'rocky', 'almalinux'])
const suseFamily = new Set(['sles', 'sled', 'sle_hpc', 'opensuse', 'opensuse-leap', 'opensuse-tumbleweed'])

/** NEWS of systemd: "the order they occur in the configuration files" (before: the order of a hash table). */
const ordered = '232'
/** NEWS of 243: "prefixed with \"-\""; RHEL 8's 239 has it too (redhat-plumbers/systemd-rhel8 sysctl.c). */
const dashes = '243'
/** systemd pull request 14589. */
const globs = '245'

/** How this host's systemd-sysctl reads its files. */
export function systemdVersion({ versions, os, kernel }: BootSystem): Assumed<SystemdOptions> & {
  /** If not, either of two names of one variable may be written last. */
  readonly isOrdered: boolean
} {
  const version = versions.systemd
  const redHat = redHatFamily.has(os.id)
  const since = (floor: string): boolean => version === null || isAtLeast(version, floor) !== false
  // Red Hat's 219 is ordered by a patch, and reads /etc/sysctl.conf after all others (lnykryn/systemd-rhel sysctl.c).
  const isRedHat7 = redHat && version !== null && !since('220')
  const isOrdered = since(ordered) || isRedHat7
  return {
    options: {
      dash: since(dashes) || (redHat && since('239')),
      globs: since(globs),
      ...(isRedHat7 ? { lastFile: '/etc/sysctl.conf' } : {}),
      // SUSE's patch (openSUSE/systemd sysctl.c).
      ...(suseFamily.has(os.id) ? { firstFile: `/boot/sysctl.conf-${kernel}` } : {}),
    },
    doubt:
      version === null
        ? 'the version of systemd is not known and taken to be 245 or later'
        : isOrdered
          ? null
          : `systemd ${version} sets keys in no particular order`,
    isOrdered,
  }
}

/** How this host's procps reads its files; null when it has none that is known of. */
export function procpsVersion({ versions }: BootSystem): Assumed<ProcpsOptions> | null {
  const version = versions.procps
  if (version === null) return null
  return {
    options: {
      // NEWS of 4.0.0: "Add support for systemd glob patterns".
      generation: isAtLeast(version, '4') === true ? 4 : 3,
      runFirst: isAtLeast(version, '3.3.17') === false,
    },
    doubt: null,
  }
}

/** For hosts whose procps is of an unknown version. */
export const assumedProcps: Assumed<ProcpsOptions> = {
  options: { generation: 4, runFirst: false },
  doubt: 'the version of procps is not known and taken to be 4',
}
