// @ts-check
// Everything about a host that a change could touch, as text to compare.
import { createHash } from 'node:crypto'
import { lstat, readFile, readdir, readlink } from 'node:fs/promises'

/**
 * Each path below `root` with its kind, mode, owner, time of change and what is in it. Paths in the result start with
 * `as`. The time of a folder tells even of a file that came and went.
 * @param {string} root
 * @param {string} as
 * @returns {Promise<Record<string, string>>}
 */
export async function snapshotFiles(root, as = '') {
  /** @type {Record<string, string>} */
  const found = {}
  for (const name of (await readdir(root)).sort()) {
    const path = `${root}/${name}`
    const stats = await lstat(path, { bigint: true })
    const about = `${(stats.mode & 0o7777n).toString(8)} ${stats.uid}:${stats.gid} ${stats.mtimeNs}`
    if (stats.isDirectory()) {
      found[`${as}/${name}/`] = about
      Object.assign(found, await snapshotFiles(path, `${as}/${name}`))
    } else if (stats.isFile()) {
      found[`${as}/${name}`] = `${about} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`
    } else if (stats.isSymbolicLink()) {
      found[`${as}/${name}`] = `${about} -> ${await readlink(path)}`
    } else {
      // In the upper layer of an overlay, a device with the number 0 is a file of the lower one that was removed.
      found[`${as}/${name}`] = `${about} device ${stats.rdev}`
    }
  }
  return found
}

/** Prints every live value that a host has, as `path:value`. */
export const liveValuesScript = `
grep -rs '' /proc/sys/net
grep -s '' /sys/module/*conntrack*/parameters/*
ls -d /sys/module/*conntrack* 2>/dev/null
grep '^[^ ]* /\\(proc\\|sys\\|etc\\)' /proc/mounts
true`

/**
 * @param {string} printed by liveValuesScript
 * @returns {Record<string, string>}
 */
export function parseLiveValues(printed) {
  /** @type {Record<string, string>} */
  const values = {}
  for (const line of printed.split('\n').filter(Boolean)) {
    const colon = line.startsWith('/') ? line.indexOf(':') : -1
    const [path, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)]
    values[path] = path in values ? `${values[path]}\n${value}` : value
  }
  return values
}
