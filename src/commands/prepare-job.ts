import { dirname } from 'node:path'
import { stateFolder } from '../record/state-folder.ts'
import type { ServiceNeeds } from '../schedule/unit-texts.ts'
import type { ScheduledJob } from '../schedule/scheduled-job.ts'
import { readWhen } from '../schedule/when.ts'
import { InputError, type Problem, UsageError } from '../problem.ts'
import { readIdentityFile } from '../ssh/identity-file.ts'
import type { Target } from '../ssh/target.ts'
import { refuseToAsk } from './ask-options.ts'
import type { Context } from './context.ts'
import { type GivenOption, optionWords, withAbsolutePaths } from './given-options.ts'
import { prepareRun } from './prepare-run.ts'
import { queueAccess } from './queue-access.ts'
import type { ScheduleOptions } from './schedule.ts'

/** Options of `schedule` that the run does not know. */
const ownOptions: ReadonlySet<string> = new Set([
  ...['--every', '--at', '--when', '--install', '--remove', '--list', '--run', '--name', '--cron-d'],
  ...['--systemd', '--dry-run', '--output'],
])

/**
 * Makes a job of a command line: everything is read as the run would read it, in the surroundings that it will have, and
 * what would need somebody at a terminal is refused. Throws InputError, UsageError.
 */
export async function prepareJob(
  { name, playbook }: { readonly name: string; readonly playbook: string },
  options: ScheduleOptions,
  given: readonly GivenOption[],
  context: Context,
): Promise<{ readonly job: ScheduledJob; readonly needs: ServiceNeeds }> {
  const time = readWhen(options)
  refuseToAsk(given)
  refuseOwnPassword(options, context)
  // Neither cron nor systemd has the agent of the one who sits here, or the secrets of this shell.
  const alone: Context = { ...context, env: { ...context.env, SSH_AUTH_SOCK: undefined }, secrets: {} }
  const plays = await prepareRun(playbook, { ...options, output: 'text', cron: true }, alone)
  const targets = plays.flatMap(({ jobs }) => jobs.map(({ target }) => target))
  // Where runners do the work, they log in; all that is needed here is what proves who says it.
  if (options.queue === undefined) refusePrompts(targets)
  else await queueAccess(options, alone)

  const folder = stateFolder(options.stateDir, context)
  const passed = withAbsolutePaths(
    given.filter(({ name: option }) => !ownOptions.has(option) && !isForTimer(option, options)),
    context,
  )
  // What this shell's variables say of it, the job's will not.
  const isElsewhere =
    options.stateDir === undefined && folder !== stateFolder(undefined, { ...context, env: {} })
  const words = [
    ...[context.node, context.program, options.run, playbook],
    ...optionWords(
      isElsewhere ? [...passed, { name: '--state-dir', value: folder, takes: 'folder' }] : passed,
    ),
    '--cron',
  ]
  const { cwd, home, user } = context
  return {
    job: { name, time, title: `${options.run} ${playbook}`, words, folder: cwd, user, home },
    needs: {
      isUserUnit: user !== 'root',
      isLocal: targets.some(({ transport }) => transport === 'local'),
      writtenFolders: [folder, ...newHostKeyFolders(targets)],
      splaySeconds: options.splay ?? 0,
    },
  }
}

/** The variable of this shell is not there when the job runs. Throws UsageError. */
function refuseOwnPassword({ queue, queuePasswordFile }: ScheduleOptions, { secrets }: Context): void {
  const given = secrets?.['CONNTRACKCTL_QUEUE_PASSWORD'] ?? ''
  if (queue === undefined || queuePasswordFile !== undefined || given === '') return
  throw new UsageError(
    'a job does not have CONNTRACKCTL_QUEUE_PASSWORD of this shell: give --queue-password-file FILE; FILE may be a program that prints it',
  )
}

/** systemd spreads the starts by itself, and then says when the next one is. */
function isForTimer(option: string, { systemd }: ScheduleOptions): boolean {
  return systemd === true && option === '--splay'
}

/** Where keys of hosts that are met for the first time will be written. */
function newHostKeyFolders(targets: readonly Target[]): readonly string[] {
  const files = targets.flatMap(({ hostKeys }) =>
    hostKeys.checking === 'accept-new' ? hostKeys.knownHostsFiles.slice(0, 1) : [],
  )
  return [...new Set(files.map(dirname))]
}

function refusePrompts(targets: readonly Target[]): void {
  const locked = new Map<string, string[]>()
  for (const { name, transport, agentSocket, identityFiles, password, passphrase } of targets) {
    // The system's ssh has its own ways in, and a local shell needs none.
    if (transport !== 'ssh2' || agentSocket !== null || password !== null) continue
    const keys = identityFiles.map((file) => readIdentityFile(file).open(passphrase))
    if (keys.some(({ state }) => state === 'usable')) continue
    const [first] = keys
    const why =
      first?.state === 'unusable' ? first.why : 'no key to log in with is named, and none lies in ~/.ssh'
    locked.set(why, [...(locked.get(why) ?? []), name])
  }
  const problems = [...locked].map(([why, hosts]): Problem => {
    const more = hosts.length > 3 ? ` and ${hosts.length - 3} more` : ''
    return {
      file: '--private-key',
      what: `${hosts.slice(0, 3).join(', ')}${more}: nobody could log in unattended: ${why}`,
      remedy:
        'name a key without a passphrase that is for this job alone; a job has no ssh-agent and nobody to ask',
    }
  })
  if (problems.length > 0) throw new InputError(problems)
}
