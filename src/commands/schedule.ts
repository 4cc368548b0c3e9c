import { basename, resolve } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../problem.ts'
import { printable } from '../printable.ts'
import { renderJobList } from '../report/job-list.ts'
import { cronD } from '../schedule/cron-d.ts'
import type { JobStore } from '../schedule/job-store.ts'
import { checkJobName } from '../schedule/scheduled-job.ts'
import { systemdJobs } from '../schedule/systemd-jobs.ts'
import type { ServiceNeeds } from '../schedule/unit-texts.ts'
import { userCrontab } from '../schedule/user-crontab.ts'
import { type Wanted } from '../schedule/when.ts'
import type { Context } from './context.ts'
import type { GivenOption } from './given-options.ts'
import type { RunOptions } from './options.ts'
import { prepareJob } from './prepare-job.ts'
import { unitPlace } from './unit-place.ts'

/** What `schedule` takes besides the options of the run. */
export interface ScheduleOptions extends Omit<RunOptions, 'output'>, Wanted {
  readonly install?: boolean
  readonly remove?: boolean
  readonly list?: boolean
  readonly run: 'apply' | 'plan' | 'verify'
  readonly name?: string
  readonly cronD?: string
  readonly systemd?: boolean
  readonly dryRun?: boolean
  readonly output: 'text' | 'json'
}

/** Where cron reads files of jobs. */
const cronDFolder = '/etc/cron.d'

/**
 * `conntrackctl schedule`: prints, installs, removes or lists jobs. `given` are the options as written, which the job
 * passes on to the run. Gives the exit status. Throws InputError, UsageError: nothing was written then.
 */
export async function schedule(
  playbook: string | undefined,
  options: ScheduleOptions,
  given: readonly GivenOption[],
  context: Context,
): Promise<number> {
  refuseContradictions(playbook, options)
  if (options.list === true) return list(options, context)
  const name = nameOf(playbook, options)
  if (options.remove === true) return remove(name, options, context)
  if (playbook === undefined) throw new UsageError('name the playbook that shall run')

  const { job, needs } = await prepareJob(
    { name, playbook: resolve(context.cwd, playbook) },
    options,
    given,
    context,
  )
  const store = storeOf(options, context, needs)
  const text = store.render(job)
  if (options.install !== true || options.dryRun === true) {
    context.stdout.write(text)
    if (options.install !== true && context.stderr.isTty)
      context.stderr.write('\nthis is what --install would write\n')
    return exitCodes.as_desired.code
  }
  const { place, did } = await store.install(job)
  context.stdout.write(`${name}: ${did === 'unchanged' ? 'is there already, unchanged,' : did} in ${place}\n`)
  return exitCodes.as_desired.code
}

async function remove(name: string, options: ScheduleOptions, context: Context): Promise<number> {
  const store = storeOf(options, context, noNeeds)
  const there = (await store.list()).find((job) => job.name === name)
  if (options.dryRun === true) {
    context.stdout.write(
      there === undefined
        ? `${name}: there is no such job\n`
        : `${name}: would be removed from ${there.place}\n`,
    )
    return exitCodes.as_desired.code
  }
  const isGone = await store.remove(name)
  context.stdout.write(
    isGone ? `${name}: removed from ${there?.place ?? 'its place'}\n` : `${name}: there is no such job\n`,
  )
  return exitCodes.as_desired.code
}

async function list({ output }: ScheduleOptions, context: Context): Promise<number> {
  // A machine may lack any of the three.
  const lists = await Promise.allSettled(
    [userCrontab(context.user), cronD(cronDFolder), systemdJobs(unitPlace(context), noNeeds)].map((store) =>
      store.list(),
    ),
  )
  const jobs = lists.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  context.stdout.write(output === 'json' ? `${JSON.stringify(jobs, null, 2)}\n` : renderJobList(jobs))
  return exitCodes.as_desired.code
}

const noNeeds: ServiceNeeds = { isUserUnit: false, isLocal: false, writtenFolders: [], splaySeconds: 0 }

function storeOf({ cronD: file, systemd }: ScheduleOptions, context: Context, needs: ServiceNeeds): JobStore {
  if (file !== undefined) return cronD(cronDFolder)
  return systemd === true ? systemdJobs(unitPlace(context), needs) : userCrontab(context.user)
}

function nameOf(playbook: string | undefined, { name, cronD: file }: ScheduleOptions): string {
  if (name !== undefined || file !== undefined) return checkJobName(name ?? file ?? '')
  if (playbook === undefined) throw new UsageError('name the job: its playbook, or --name NAME')
  const made = basename(playbook)
    .replace(/\.[^.]*$/, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|[-_]+$/g, '')
  if (made === '') throw new UsageError(`no name can be made of ${printable(playbook)}: give one with --name`)
  return checkJobName(made)
}

function refuseContradictions(playbook: string | undefined, options: ScheduleOptions): void {
  const { install, remove: isRemoval, list: isList, dryRun, cronD: file, systemd, name } = options
  const asked = [install, isRemoval, isList].filter((one) => one === true).length
  if (asked > 1) throw new UsageError('--install, --remove and --list are three things: give one of them')
  if (isList === true && playbook !== undefined)
    throw new UsageError('--list takes no playbook: it lists all jobs')
  if (file !== undefined && systemd === true)
    throw new UsageError('--cron-d and --systemd are two places: give one of them')
  if (file !== undefined && name !== undefined && file !== name)
    throw new UsageError('a job of --cron-d has the name of its file: leave --name out')
  if (dryRun === true && isList === true)
    throw new UsageError('--list changes nothing anyway: leave --dry-run out')
}
