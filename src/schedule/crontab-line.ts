import { UsageError } from '../problem.ts'
import { quote } from '../ssh/quote.ts'
import { jobPath, type ScheduledJob } from './scheduled-job.ts'

/** cron refuses, or cuts, a longer command (Debian's cron: MAX_COMMAND 1000, with the NUL). */
const mostBytes = 999

/**
 * The line of a crontab; with `user` as /etc/cron.d has it. The line brings its own PATH, since a variable set in a
 * crontab would count for all jobs below it. It works whatever SHELL the crontab names. Throws UsageError.
 */
export function crontabLine(job: ScheduledJob, user: string | null): string {
  const { words, folder, home, time } = job
  if (words.some((word) => /[\n\r]/.test(word)))
    throw new UsageError('a crontab cannot hold an option with a line break: use --systemd, or leave it out')
  const program = ['env', `PATH=${jobPath}`, ...words].map(quote).join(' ')
  // cron starts jobs at the user's home.
  const command = folder === home ? program : `cd ${quote(folder)} && ${program}`
  // A bare % ends the command there (crontab(5)).
  const escaped = command.replaceAll('%', '\\%')
  if (Buffer.byteLength(escaped) > mostBytes)
    throw new UsageError(
      `the command is ${Buffer.byteLength(escaped)} bytes long, and cron takes ${mostBytes}: use --systemd, or put what is long into the inventory or a file (-e @vars.yml, --limit @hosts)`,
    )
  return [time.text, ...(user === null ? [] : [user]), escaped].join(' ')
}
