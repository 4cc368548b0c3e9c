import { UsageError } from '../problem.ts'
import { putBlock, readBlocks, renderBlock } from './crontab-blocks.ts'
import { crontabLine } from './crontab-line.ts'
import { type JobStore, type ListedJob, nameTaken } from './job-store.ts'
import { runTool } from './run-tool.ts'
import type { ScheduledJob } from './scheduled-job.ts'

/** The crontab of the user who runs this, through crontab(1). Everything in it that is not ours stays byte for byte. */
export function userCrontab(user: string): JobStore {
  const place = `the crontab of ${user}`
  const render = (job: ScheduledJob): string => renderBlock(job.name, job.title, crontabLine(job, null))
  return {
    render,
    install: async (job) => {
      const before = await readCrontab()
      const there = readBlocks(before).find(({ name }) => name === job.name)
      if (there !== undefined && there.title !== job.title) throw nameTaken(job.name, place, there.title)
      const after = putBlock(before, job.name, render(job))
      if (after === before) return { place, did: 'unchanged' }
      await writeCrontab(after)
      return { place, did: there === undefined ? 'installed' : 'replaced' }
    },
    remove: async (name) => {
      const before = await readCrontab()
      const after = putBlock(before, name, null)
      if (after !== before) await writeCrontab(after)
      return after !== before
    },
    list: async () => readBlocks(await readCrontab()).map((block) => listed(block, place)),
  }
}

function listed(
  { name, title, line }: { name: string; title: string; line: string },
  place: string,
): ListedJob {
  return { name, kind: 'crontab', place, title, when: line.split(' ').slice(0, 5).join(' ') }
}

/** Empty where the user has none yet. */
async function readCrontab(): Promise<string> {
  const { status, stdout, stderr } = await runTool('crontab', ['-l'])
  if (status === 0) return stdout
  // All implementations say it so, and end with 1 for any other trouble as well.
  if (/no crontab for/i.test(stderr)) return ''
  throw new UsageError(`the crontab cannot be read: ${stderr.trim() || `crontab -l ended with ${status}`}`)
}

async function writeCrontab(text: string): Promise<void> {
  const { status, stderr } = await runTool('crontab', ['-'], text)
  if (status !== 0)
    throw new UsageError(`the crontab was not taken: ${stderr.trim() || `crontab - ended with ${status}`}`)
  const now = await readCrontab()
  if (now !== text)
    throw new UsageError('the crontab was taken, but reads otherwise than it was written: see crontab -l')
}
