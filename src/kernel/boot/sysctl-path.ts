/**
 * The path below /proc/sys that a key means, as systemd and procps have it: the first separator
 * decides, and when it is a dot, dots and slashes change places (systemd 252 sysctl-util.c
 * sysctl_normalize; procps 4.0.2 sysctl.c slashdot). Globs are left as they are.
 */
export function swappedPath(key: string): string {
  return /^[^./]*\./.test(key) ? swap(key) : key
}

/**
 * As busybox has it: the same for a key whose first separator is a dot; where a slash comes first,
 * dots become slashes too when that leads to a file (busybox 1.35 procps/sysctl.c
 * sysctl_dots_to_slashes).
 */
export function busyboxPath(key: string, exists: ReadonlySet<string>): string {
  if (/^[^./]*\./.test(key)) return swap(key)
  // It works from /proc/sys: what begins with a slash leads there only when it says so in full.
  const inside = key.startsWith('/') ? /^\/+proc\/+sys\/+(.+)$/.exec(key)?.[1] : key
  if (inside === undefined) return `${key}/`
  const slashed = inside.replaceAll('.', '/')
  return exists.has(slashed) ? slashed : inside
}

/** A path without doubled, leading or trailing slashes and without `.` steps (systemd's path_simplify). */
export function simplePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/** The file to which a path leads; none where a slash at the end asks for a folder. */
export function pathToFile(path: string): string | null {
  return path.endsWith('/') ? null : simplePath(path)
}

/** `net/ipv4/conf/eth0.100/rp_filter` for `net.ipv4.conf.eth0/100.rp_filter`; canonical keys only. */
export function pathOfKey(key: string): string {
  return swappedPath(key)
}

function swap(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}
