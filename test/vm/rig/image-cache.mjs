// @ts-check
// What takes a minute to build: built once, kept outside the tree, known by all that it is made of.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { fileURLToPath } from 'node:url'

/** @type {Map<string, Promise<string>>} */
const building = new Map()

/**
 * The folder of that name in the cache, built where it is not yet there.
 * @param {string} name what it is
 * @param {unknown} of what it is made of: another recipe makes another folder
 * @param {readonly URL[]} files and folders that it is made by and of as well; code that imports this file
 * @param {(partial: string) => Promise<void>} build fills a new folder
 * @returns {Promise<string>} its path
 */
export async function cached(name, of, files, build) {
  const cache = `${process.env['XDG_CACHE_HOME'] || `${homedir()}/.cache`}/conntrackctl/vm`
  await mkdir(cache, { recursive: true })
  await removeUnfinished(cache)
  const folder = `${cache}/${name}-${await digest(of, files)}`
  const known = building.get(folder)
  if (known) return known
  const made = make(folder, build)
  building.set(folder, made)
  return made
}

/**
 * What builds left that were killed.
 * @param {string} cache
 */
async function removeUnfinished(cache) {
  for (const name of await readdir(cache)) {
    if (!name.includes('.partial-')) continue
    // A younger one may still be at work.
    const ageMs = Date.now() - (await stat(`${cache}/${name}`)).mtimeMs
    if (ageMs > 3_600_000) await rm(`${cache}/${name}`, { recursive: true, force: true })
  }
}

/**
 * @param {unknown} of
 * @param {readonly URL[]} files
 */
async function digest(of, files) {
  const hash = createHash('sha256').update(JSON.stringify(of))
  for (const file of files.map((url) => fileURLToPath(url)))
    if ((await stat(file)).isFile()) hash.update(await readFile(file))
    else
      for (const name of (await readdir(file, { recursive: true })).sort()) {
        const path = `${file}/${name}`
        if ((await stat(path)).isFile()) hash.update(`${name}\0`).update(await readFile(path))
      }
  return hash.digest('hex').slice(0, 16)
}

/**
 * The folder, made beside it and then renamed, so that it is there wholly or not at all.
 * @param {string} folder
 * @param {(partial: string) => Promise<void>} build
 */
async function make(folder, build) {
  if (existsSync(folder)) return folder
  const partial = await mkdtemp(`${folder}.partial-`)
  try {
    await build(partial)
    await rename(partial, folder)
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return folder
}
