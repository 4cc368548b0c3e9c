import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../problem.ts'
import { writeAtomically } from '../record/atomic-write.ts'
import { readBlocks, renderBlock } from './crontab-blocks.ts'
import { crontabLine } from './crontab-line.ts'
import { type JobStore, type ListedJob, nameTaken } from './job-store.ts'
import type { ScheduledJob } from './scheduled-job.ts'

/** Names that cron reads there; it leaves out those with a dot, as our temporary files have (cron(8)). */
const fileName = /^[A-Za-z0-9_-]+$/

/** Files of /etc/cron.d, one a job, each written whole or not at all. */
export function cronD(folder: string): JobStore {
  const pathOf = (name: string): string => join(folder, name)
  const render = (job: ScheduledJob): string =>
    `SHELL=/bin/sh\n${renderBlock(job.name, job.title, crontabLine(job, job.user))}`
  return {
    render,
    install: async (job) => {
      const place = pathOf(job.name)
      const before = await readIfThere(place)
      if (before !== null) {
        const title = titleOf(before, job.name)
        if (title === null)
          throw new UsageError(`${place} is not ours: give another name with --cron-d, or remove that file`)
        if (title !== job.title) throw nameTaken(job.name, place, title)
      }
      const after = render(job)
      if (after === before) return { place, did: 'unchanged' }
      // cron takes no file that others than root could write.
      await attempt(place, () => writeAtomically(place, after, 0o644))
      return { place, did: before === null ? 'installed' : 'replaced' }
    },
    remove: async (name) => {
      const place = pathOf(name)
      const before = await readIfThere(place)
      if (before === null) return false
      if (titleOf(before, name) === null)
        throw new UsageError(`${place} is not ours: whoever wrote it has to remove it`)
      await attempt(place, () => rm(place))
      return true
    },
    list: async () => {
      const names = await readdir(folder).catch(() => [])
      const jobs: ListedJob[] = []
      for (const name of names.filter((one) => fileName.test(one)).toSorted()) {
        const text = await readFile(pathOf(name), 'utf8').catch(() => '')
        const title = titleOf(text, name)
        if (title === null) continue
        const line = readBlocks(text)[0]?.line ?? ''
        jobs.push({
          name,
          kind: 'cron.d',
          place: pathOf(name),
          title,
          when: line.split(' ').slice(0, 5).join(' '),
        })
      }
      return jobs
    },
  }
}

/** What a file of ours is for; null for one of others, also where somebody has damaged its marks. */
function titleOf(text: string, name: string): string | null {
  try {
    return readBlocks(text).find((block) => block.name === name)?.title ?? null
  } catch {
    return null
  }
}

function readIfThere(path: string): Promise<string | null> {
  return attempt(path, () =>
    readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    }),
  )
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const remedy =
      code === 'EACCES' || code === 'EPERM'
        ? 'only root may: run it with sudo, or leave --cron-d out to use your own crontab'
        : code === 'ENOENT'
          ? 'is cron installed? --systemd needs none'
          : 'see to that, and try again'
    throw new UsageError(`${path}: ${message}; ${remedy}`, { cause: error })
  }
}
