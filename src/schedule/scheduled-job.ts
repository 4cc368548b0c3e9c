import { UsageError } from '../problem.ts'
import type { CronTime } from './cron-time.ts'

/** A run that shall happen by itself. All paths are absolute. */
export interface ScheduledJob {
  /** What marks it among the jobs of a machine: letters, digits, `_` and `-`. */
  readonly name: string
  readonly time: CronTime
  /** For people: `apply /etc/conntrackctl/prevent.yml`. */
  readonly title: string
  /** The program and its arguments, as exec(3) takes them. */
  readonly words: readonly string[]
  /** Where relative paths of the inventory begin. */
  readonly folder: string
  readonly user: string
  readonly home: string
}

/** What a job finds programs by: cron's own PATH has no sbin, and a nightly job is no place to find that out. */
export const jobPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A name as crontab marks, file names of /etc/cron.d (cron(8): no dots) and units all take it. Throws UsageError. */
export function checkJobName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) return name
  throw new UsageError(
    `${JSON.stringify(name)} cannot name a job: give letters, digits, \`-\` and \`_\`, with --name`,
  )
}
