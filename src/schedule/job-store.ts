import { UsageError } from '../problem.ts'
import type { ScheduledJob } from './scheduled-job.ts'

/** A job that stands somewhere. */
export interface ListedJob {
  readonly name: string
  /** `crontab`, `cron.d` or `systemd`. */
  readonly kind: string
  /** Where it stands: a file, or whose crontab. */
  readonly place: string
  /** Command and playbook. */
  readonly title: string
  /** When it runs, in the words of that system. */
  readonly when: string
}

/** A place where jobs are kept: a crontab, /etc/cron.d, systemd. */
export interface JobStore {
  /** Exactly what `install` would write. Throws UsageError where the place cannot hold the job. */
  render(job: ScheduledJob): string
  /** Puts the job there; what is there already stays as it is. Throws UsageError. */
  install(
    job: ScheduledJob,
  ): Promise<{ readonly place: string; readonly did: 'installed' | 'replaced' | 'unchanged' }>
  /** Takes it away; false where there is none of that name. Throws UsageError. */
  remove(name: string): Promise<boolean>
  list(): Promise<readonly ListedJob[]>
}

/** A name that another playbook's job has. */
export function nameTaken(name: string, place: string, title: string): UsageError {
  return new UsageError(
    `${name} in ${place} is the job \`${title}\`: give this one another name with --name, or remove that one first`,
  )
}
