import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { carryOut } from './commands/carry-out.ts'
import { sourcesAgain } from './commands/hosts-again.ts'
import type { RunContext } from './commands/context.ts'
import type { CheckOptions } from './commands/options.ts'
import { optionDefaults } from './commands/option-defaults.ts'
import { prepareCheck } from './commands/prepare-check.ts'
import { prepareRun } from './commands/prepare-run.ts'
import { prepareSavedPlan } from './commands/prepare-saved-plan.ts'
import { checkPlanPlace, savePlan } from './commands/save-plan.ts'
import type { RunEvent } from './fleet/run-event.ts'
import type { PlayJobs } from './fleet/run-plays.ts'
import type { GuardName } from './plan/rule.ts'
import { InputError } from './problem.ts'
import { readVersion } from './read-version.ts'
import { readPlan } from './record/plan-file.ts'
import { runId } from './record/run-id.ts'
import type { Command, RunResult } from './report/host-result.ts'

export { exitCodeOf } from './exit-codes.ts'
export { InputError, type Problem, UsageError } from './problem.ts'
export type { RunEvent } from './fleet/run-event.ts'
export type { SavedPlan } from './record/saved-plan.ts'
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

export interface PlanOptions extends PlaybookOptions {
  /** Saves the plan there, as `--out` does, for `apply`: whole or not at all, over an older plan and nothing else. */
  readonly out?: string
}

/** A plan that was saved, in place of a playbook; the hosts are reached as the inventory says now. */
export interface SavedPlanOptions extends Omit<FleetOptions, 'inventory'> {
  /** Path of the file that `plan` or `plan --out` has written. */
  readonly savedPlan: string
  /** The sources that the plan was made with when absent. */
  readonly inventory?: readonly string[]
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
 * Rejects with InputError or UsageError, before any host is contacted, where a playbook, inventory or option is wrong;
 * afterwards only with the system's error where the plan cannot be saved to `out`.
 */
export async function plan(options: PlanOptions | SavedPlanOptions): Promise<RunResult> {
  if ('savedPlan' in options) return runSavedPlan('plan', options)
  const { out } = options
  if (out === undefined) return runPlaybook('plan', options)
  const context = contextOf(options)
  const settings = settingsOf(options, options.allow ?? [])
  const plays = await prepareRun(resolve(context.cwd, options.playbook), settings, context)
  await checkPlanPlace(out, options.playbook, plays, context)
  const result = await run('plan', options.playbook, options, settings, context, plays)
  await savePlan(out, plays, result, settings, context)
  return result
}

/**
 * Changes what differs, verifies it by a fresh reading, and records the run. Of a saved plan it makes exactly that, and
 * leaves hosts alone that have moved since. Rejects as `plan` does, also where a saved plan is damaged or was changed.
 */
export function apply(options: PlaybookOptions | SavedPlanOptions): Promise<RunResult> {
  return 'savedPlan' in options ? runSavedPlan('apply', options) : runPlaybook('apply', options)
}

/** Compares live values, and what a reboot would leave, with the playbook; changes nothing. Rejects as `plan` does. */
export function verify(options: PlaybookOptions): Promise<RunResult> {
  return runPlaybook('verify', options)
}

/** How full the tables are, what was lost, and when they will be full; needs no playbook. Rejects as `plan` does. */
export async function check(options: CheckSettings): Promise<RunResult> {
  const { pattern = 'all' } = options
  const settings = settingsOf(options, [])
  const context = contextOf(options)
  return run('check', '', options, settings, context, await prepareCheck(pattern, settings, context))
}

async function runPlaybook(
  command: 'plan' | 'apply' | 'verify',
  options: PlaybookOptions,
): Promise<RunResult> {
  const { playbook } = options
  const settings = settingsOf(options, options.allow ?? [])
  const context = contextOf(options)
  const plays = await prepareRun(resolve(context.cwd, playbook), settings, context)
  return run(command, playbook, options, settings, context, plays)
}

async function runSavedPlan(command: 'plan' | 'apply', options: SavedPlanOptions): Promise<RunResult> {
  const { savedPlan, inventory = [] } = options
  const context = contextOf(options)
  const saved = await readPlan(savedPlan, context.cwd)
  if (saved === null)
    throw new InputError([
      {
        file: savedPlan,
        what: 'there is no saved plan',
        remedy: 'give the file that plan has written to `out`',
      },
    ])
  const settings = settingsOf({ ...options, inventory: sourcesAgain(saved, { inventory }) }, [])
  const plays = await prepareSavedPlan(saved, savedPlan, settings, context)
  return run(command, savedPlan, options, settings, context, plays)
}

function run(
  command: Command,
  playbook: string,
  { onEvent = () => {} }: Pick<FleetOptions, 'onEvent'>,
  settings: CheckOptions,
  context: RunContext,
  plays: readonly PlayJobs[],
): Promise<RunResult> {
  const started = context.now()
  const isDryRun = command !== 'apply'
  const task = { run: runId(started, context.random), started, command, playbook, plays, isDryRun }
  return carryOut(task, settings, context, onEvent)
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
function contextOf({
  cwd,
  agentSocket,
  signal,
  cutSignal,
  onWarning,
}: Omit<FleetOptions, 'inventory'>): RunContext {
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
