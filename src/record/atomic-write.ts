import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

let serial = 0

/**
 * Writes a file so that a crash at any moment leaves either the file as it was or the new one, whole: to a temporary
 * beside it, synced, renamed. `text` may come in pieces, for what is too long to hold. Throws the system's error; the
 * temporary is then gone.
 */
export async function writeAtomically(
  path: string,
  text: string | Iterable<string>,
  mode: number,
): Promise<void> {
  const folder = dirname(path)
  serial += 1
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${serial}.tmp`)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      // The umask has had its say at creation.
      await handle.chmod(mode)
      for (const chunk of typeof text === 'string' ? [text] : chunks(text)) await handle.appendFile(chunk)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Small pieces gathered: a write for each host of thousands would cost more than the text. */
function* chunks(pieces: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length < 0x1_00_00) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}
