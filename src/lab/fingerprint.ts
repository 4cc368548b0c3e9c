import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** A hash over all that stands below `folder`: names, kinds, modes and contents, not times. */
export function fingerprint(folder: string): string {
  const hash = createHash('sha256')
  const add = (path: string, shown: string): void => {
    const stats = lstatSync(path)
    hash.update(`${shown}\0${stats.mode}\0`)
    if (stats.isDirectory())
      for (const name of readdirSync(path).sort()) add(join(path, name), `${shown}/${name}`)
    else if (stats.isSymbolicLink()) hash.update(`${readlinkSync(path)}\0`)
    else hash.update(`${stats.size}\0`).update(readFileSync(path))
  }
  add(folder, '')
  return hash.digest('hex')
}
