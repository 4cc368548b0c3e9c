/** No program that reads sysctl.d, modprobe.d or modules-load.d takes a file with such an end. */
const suffix = '.conntrackctl-orig'

/** Where a file of somebody else is kept as it was before we changed it the first time. */
export function backupOf(path: string): string {
  return `${path}${suffix}`
}

/** The file that `path` is the copy of; null when it is none of our copies. */
export function originalOf(path: string): string | null {
  return path.endsWith(suffix) ? path.slice(0, -suffix.length) : null
}
