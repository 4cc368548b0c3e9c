import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as z from 'zod'
import { LockedError, UsageError } from '../problem.ts'
import { makeFolder } from '../record/make-folder.ts'
import { systemWords } from '../system-words.ts'

/** Who holds a lock, for the message to the one who has to wait. */
export interface LockHolder {
  readonly run: string
  readonly pid: number
  readonly user: string
  /** ISO 8601. */
  readonly since: string
}

const holderSchema = z.object({ run: z.string(), pid: z.number(), user: z.string(), since: z.string() })

/** Seconds between two tries to get a lock. */
const retrySeconds = 0.5

/** How often a lock is looked at whose holder has not said yet who it is. */
const readTries = 4

/**
 * Takes the lock of a playbook: a flock(2) on a file under the state folder, which the kernel takes back
 * whatever becomes of this process. The file itself stays. Tries for `waitSeconds`.
 *
 * Throws LockedError, which names the holder; UsageError where no lock can be had at all.
 */
export async function takeRunLock(
  stateFolder: string,
  playbook: string,
  holder: LockHolder,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const folder = join(stateFolder, 'locks')
  const path = join(folder, `${createHash('sha256').update(playbook).digest('hex').slice(0, 16)}.lock`)
  const handle = await openLockFile(folder, path)
  const deadline = performance.now() + waitSeconds * 1000
  try {
    while (!(await tryFlock(handle))) {
      if (performance.now() >= deadline || signal.aborted) throw await locked(path, playbook, waitSeconds)
      await setTimeout(retrySeconds * 1000, null, { signal }).catch(() => {})
    }
    await handle.truncate(0)
    await handle.write(`${JSON.stringify({ ...holder, playbook })}\n`, 0)
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    [Symbol.asyncDispose]: async () => {
      // Whoever comes between this and the next holder's words is told no name rather than a wrong one.
      await handle.truncate(0).catch(() => {})
      await handle.close()
    },
  }
}

async function openLockFile(folder: string, path: string): Promise<FileHandle> {
  try {
    await makeFolder(folder)
    // Not truncated: what the holder wrote is for those who have to wait.
    return await open(path, 'a+', 0o600)
  } catch (error) {
    throw new UsageError(
      `no lock can be taken in ${folder}: ${systemWords(error)}. Name another folder with --state-dir.`,
      { cause: error },
    )
  }
}

/**
 * flock(1) locks the open file that it is handed, and that lock is ours as well, since both descriptors
 * are of one open file description (flock(2)): it lasts until this process closes the file or dies.
 */
function tryFlock({ fd }: FileHandle): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '-n', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    })
    child.once('error', (error) =>
      reject(
        new UsageError(
          `no lock can be taken: flock(1) does not start: ${error.message}. Install util-linux.`,
        ),
      ),
    )
    child.once('close', (code) => {
      if (code === 0 || code === 1) resolve(code === 0)
      else reject(new UsageError(`no lock can be taken: flock(1) ended with status ${code}`))
    })
  })
}

async function locked(path: string, playbook: string, waitSeconds: number): Promise<LockedError> {
  const waited = waitSeconds > 0 ? `, still after ${waitSeconds} s` : ''
  const holder = await readHolder(path)
  const who =
    holder === null
      ? 'another run'
      : `run ${holder.run} of ${holder.user} (pid ${holder.pid}, since ${holder.since})`
  return new LockedError(
    `${playbook} is being run already, by ${who}${waited}; wait for it with --lock-wait, or let it end`,
  )
}

/** The holder's words, which it may be about to write; null where it does not come to it. */
async function readHolder(path: string): Promise<LockHolder | null> {
  for (let tries = 1; ; tries += 1)
    try {
      return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    } catch {
      if (tries === readTries) return null
      await setTimeout(retrySeconds * 1000)
    }
}
