/**
 * The sysctl.d files that may be ours, of which one is used. `zz-` sorts behind `99-sysctl.conf`, the link
 * through which systemd-sysctl reads /etc/sysctl.conf, and behind every numbered drop-in (sysctl.d(5): by
 * file name, the last assignment wins); the others are for hosts where somebody has gone further.
 */
export const ourSysctlFiles = [
  '/etc/sysctl.d/zz-conntrackctl.conf',
  '/etc/sysctl.d/zzz-conntrackctl.conf',
  '/etc/sysctl.d/zzzzzz-conntrackctl.conf',
] as const

/** The other files of ours, one of a kind. */
export const ourFiles = {
  modprobe: '/etc/modprobe.d/conntrackctl.conf',
  modulesLoad: '/etc/modules-load.d/conntrackctl.conf',
  /** Keeps modules from being loaded. */
  unload: '/etc/modprobe.d/conntrackctl-unload.conf',
  /**
   * Where nothing reads those folders: RHEL 5 and older run such a script before they read /etc/sysctl.conf, when it
   * may be executed (initscripts 8.45, rc.sysinit).
   */
  startScript: '/etc/sysconfig/modules/conntrackctl.modules',
} as const

const all: ReadonlySet<string> = new Set([...ourSysctlFiles, ...Object.values(ourFiles)])

/** Is it one that we alone write? */
export function isOurFile(path: string): boolean {
  return all.has(path)
}
