import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, for the owner only; those that are there stay as they are. Throws the system's
 * error. (`mkdir` with `recursive` never ends on a file system that says ENOENT to everything, such as /proc.)
 */
export async function makeFolder(path: string): Promise<void> {
  const missing = await makeOne(path)
  if (missing === null) return
  if (dirname(path) === path) throw missing
  await makeFolder(dirname(path))
  const stillMissing = await makeOne(path)
  if (stillMissing !== null) throw stillMissing
}

/** Null when the folder is there now, or the error that says that the one above it is missing. */
async function makeOne(path: string): Promise<Error | null> {
  try {
    await mkdir(path, { mode: 0o700 })
    return null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    // Another run may have made it at the same moment.
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return null
    if (code === 'ENOENT' && error instanceof Error) return error
    throw error
  }
}
