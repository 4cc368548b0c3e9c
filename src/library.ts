import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { carryOut } from './commands/carry-out.ts'
import type { RunContext } from './commands/context.ts'
import type { CheckOptions } from './commands/options.ts'
import { optionDefaults } from './commands/option-defaults.ts'
import { prepareCheck } from './commands/prepare-check.ts'
import { prepareRun } from './commands/prepare-run.ts'
import type { RunEvent } from './fleet/run-event.ts'
import type { PlayJobs } from './fleet/run-plays.ts'
import type { GuardName } from './plan/rule.ts'
import { readVersion } from './read-version.ts'
import { runId } from './record/run-id.ts'
import type { Command, RunResult } from './report/host-result.ts'

export { exitCodeOf } from './exit-codes.ts'
export { InputError, type Problem, UsageError } from './problem.ts'
export type { RunEvent } from './fleet/run-event.ts'
export type { HostResult, RunResult, Status } from './report/host-result.ts'

/** What every call takes. Nothing is taken from the command line or the environment of the process. */
export interface FleetOptions {
  /** Files, folders, or lists with a comma (`'web01,web02,'`), as for `-i`. */
  readonly inventory: readonly string[]
  /** Where records of runs are kept, as for `--state-dir`. */
  readonly stateDir: string
  /** Where relative paths begin; that of the process when absent. */
  readonly cwd?: string
  /** Only these hosts, as for `--limit`. */
  readonly limit?: string
  /** Hosts at once; 50 when absent. */
  readonly forks?: number
  /** Variables that beat those of the inventory, as for `-e`. */
  readonly extraVars?: Readonly<Record<string, unknown>>
  /** Log in as this user, where the inventory names none. */
  readonly user?: string
  /** Become root, where the inventory does not say otherwise. */
  readonly become?: boolean
  /** A private key, where the inventory names none. */
  readonly keyFile?: string
  /** Socket of an ssh-agent; none is used when absent. */
  readonly agentSocket?: string
  /** Options in OpenSSH's words, as for `--ssh-common-args`. */
  readonly sshCommonArgs?: string
  /** No further host is begun after so many seconds. */
  readonly deadlineSeconds?: number
  /** Aborting it begins no further host; those under way end as they should, and the result tells of all. */
  readonly signal?: AbortSignal
  /** Aborting it cuts the hosts under way as well; what runs on them finishes or puts back by itself. */
  readonly cutSignal?: AbortSignal
  /** Told what is odd about an inventory, and no fault; must not throw. */
  readonly onWarning?: (text: string) => void
  /** Told of everything as it happens; must not throw. */
  readonly onEvent?: (event: RunEvent) => void
}

export interface PlaybookOptions extends FleetOptions {
  /** Path of the playbook. */
  readonly playbook: string
  /** Guards to lift, as for `--allow`. */
  readonly allow?: readonly GuardName[]
}

export interface CheckSettings extends FleetOptions {
  /** Which hosts, by Ansible's patterns; all when absent. */
  readonly pattern?: string
  /** Percent of max from which a table is told of, and from which it is urgent; 75 and 90 when absent. */
  readonly warnPercent?: number
  readonly criticalPercent?: number
}

/**
 * Reads every host and gives what `apply` would change; changes nothing. A host that fails is a value in the result.
 * Rejects with InputError or UsageError, before any host is contacted, where a playbook, inventory or option is wrong.
 */
export function plan(options: PlaybookOptions): Promise<RunResult> {
  return runPlaybook('plan', options)
}

/** Changes what differs, verifies it by a fresh reading, and records the run. Rejects as `plan` does. */
export function apply(options: PlaybookOptions): Promise<RunResult> {
  return runPlaybook('apply', options)
}

/** Compares live values, and what a reboot would leave, with the playbook; changes nothing. Rejects as `plan` does. */
export function verify(options: PlaybookOptions): Promise<RunResult> {
  return runPlaybook('verify', options)
}

/** How full the tables are, what was lost, and when they will be full; needs no playbook. Rejects as `plan` does. */
export async function check(options: CheckSettings): Promise<RunResult> {
  const { pattern = 'all' } = options
  const settings = settingsOf(options, [])
  return run('check', '', options, (context) => prepareCheck(pattern, settings, context))
}

async function runPlaybook(
  command: 'plan' | 'apply' | 'verify',
  options: PlaybookOptions,
): Promise<RunResult> {
  const settings = settingsOf(options, options.allow ?? [])
  return run(command, options.playbook, options, (context) =>
    prepareRun(resolve(context.cwd, options.playbook), settings, context),
  )
}

async function run(
  command: Command,
  playbook: string,
  options: PlaybookOptions | CheckSettings,
  prepare: (context: RunContext) => Promise<readonly PlayJobs[]>,
): Promise<RunResult> {
  const context = contextOf(options)
  const plays = await prepare(context)
  const started = context.now()
  const task = {
    run: runId(started, context.random),
    started,
    command,
    playbook,
    plays,
    isDryRun: command !== 'apply',
  }
  const settings = settingsOf(options, 'allow' in options ? (options.allow ?? []) : [])
  return carryOut(task, settings, context, options.onEvent ?? (() => {}))
}

/** The options of the command line, with its defaults where none are given. */
function settingsOf(
  options: FleetOptions & Partial<CheckSettings>,
  allow: readonly GuardName[],
): CheckOptions {
  const { user, keyFile, limit, sshCommonArgs, extraVars, deadlineSeconds } = options
  const { forks, warnPercent, criticalPercent } = options
  return {
    ...optionDefaults,
    inventory: options.inventory,
    stateDir: options.stateDir,
    extraVars: extraVars === undefined ? [] : [JSON.stringify(extraVars)],
    become: options.become === true,
    vaultId: [],
    vaultPasswordFile: [],
    verbose: 0,
    output: 'json',
    // Nobody is there to be asked for a password.
    cron: true,
    allow,
    ...(forks === undefined ? {} : { forks }),
    ...(warnPercent === undefined ? {} : { warn: warnPercent }),
    ...(criticalPercent === undefined ? {} : { critical: criticalPercent }),
    ...(limit === undefined ? {} : { limit }),
    ...(user === undefined ? {} : { user }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(sshCommonArgs === undefined ? {} : { sshCommonArgs }),
    ...(deadlineSeconds === undefined ? {} : { deadline: deadlineSeconds }),
  }
}

/** A process that is somebody else's: its words and environment are none of our business. */
function contextOf({ cwd, agentSocket, signal, cutSignal, onWarning }: FleetOptions): RunContext {
  const { username, homedir } = userInfo()
  const never = new AbortController().signal
  return {
    cwd: cwd ?? process.cwd(),
    home: homedir,
    user: username,
    version: readVersion(),
    words: [],
    pid: process.pid,
    env: agentSocket === undefined ? {} : { SSH_AUTH_SOCK: agentSocket },
    now: () => new Date(),
    random: Math.random,
    stderr: { write: onWarning ?? (() => {}) },
    stopping: signal ?? never,
    cut: cutSignal ?? never,
  }
}
