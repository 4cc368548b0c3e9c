import { hostname } from 'node:os'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { pause } from '../fleet/pause.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { InputError, QueueError, UsageError } from '../problem.ts'
import { pruneRuns } from '../record/prune-runs.ts'
import { runId } from '../record/run-id.ts'
import { stateFolder } from '../record/state-folder.ts'
import type { Command, RunResult } from '../report/host-result.ts'
import { renderTransitions } from '../report/transitions-text.ts'
import { readMemory, writeMemory } from '../schedule/conditions-file.ts'
import { notifyCommand, notifyUrl, noticeOf } from '../schedule/notify.ts'
import { pinger } from '../schedule/ping.ts'
import { takeRunLock } from '../schedule/run-lock.ts'
import { splaySeconds } from '../schedule/splay.ts'
import { compareRuns, isSilent, type Transitions } from '../schedule/transitions.ts'
import { carryOut } from './carry-out.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { withSecrets } from './with-secrets.ts'

/** What to do, over and over. */
export interface UnattendedJob {
  readonly command: Command
  readonly playbook: string
  /** What there is only one run of at a time, and what was told of it last: a playbook's path. */
  readonly subject: string
  readonly prepare: () => Promise<Prepared>
}

/** What is to be done on which hosts, and from which sources these are, for the record. */
export interface Prepared {
  readonly plays: readonly PlayJobs[]
  readonly inventory: readonly string[]
}

/**
 * A run that nobody watches: one at a time, silent while nothing changes, and loud once when something begins, changes
 * or is over. Gives the exit status, which is that of the run whether it was told or not.
 *
 * Throws InputError, UsageError, QueueError, LockedError: no host was contacted then. What was wrong with playbook,
 * inventory or queue at the last run already, and is still the same, is not thrown but gives its exit status.
 */
export async function runUnattended(
  { command, playbook, subject, prepare }: UnattendedJob,
  given: RunOptions,
  context: Context,
): Promise<number> {
  if (given.output !== 'text')
    throw new UsageError(
      `--output ${given.output} does not go with --cron, which prints mails: leave one of them out`,
    )
  const options = await withSecrets(given, context)
  await pause(splaySeconds(options.splay ?? 0, hostname(), subject), context.stopping)
  if (context.stopping.aborted) return exitCodes.interrupted.code

  const folder = stateFolder(options.stateDir, context)
  const started = context.now()
  const run = runId(started, context.random)
  const holder = { run, pid: context.pid, user: context.user, since: started.toISOString() }
  await using held = await takeRunLock(folder, subject, holder, options.lockWait ?? 0, context.stopping)

  // The lock is all that is wanted of it.
  void held

  const job = { command, playbook: subject, inventory: options.inventory, limit: options.limit ?? null }
  const before = await readMemory(folder, job)
  const ping = options.pingUrl === undefined ? null : pinger(options.pingUrl, fetch)
  const troubles: (string | null | undefined)[] = [await ping?.start()]
  try {
    const { plays, inventory } = await prepare()
    const result = await carryOut(
      { run, started, command, playbook, plays, isDryRun: command !== 'apply' },
      { ...options, inventory },
      context,
      () => {},
    )
    const transitions = compareRuns(before.hosts, result.hosts, result.finished)
    const isQuiet = isSilent(transitions) && result.notes === undefined && before.trouble === null
    const text = renderTransitions(result, transitions, before.trouble, options)
    await writeMemory(folder, job, { hosts: transitions.next, trouble: null }).catch((error: unknown) => {
      troubles.push(`what was told cannot be kept, so it will be told again: ${messageOf(error)}`)
    })
    if (!isQuiet) troubles.push(...(await notifyAll(options, result, transitions, text)))
    if (options.keep !== undefined) await pruneRuns(folder, options.keep, context.now())
    // A monitor keeps the text of every run; only mails are saved up.
    troubles.push(await ping?.end(exitCodeOf(result), text))
    if (isQuiet) return exitCodeOf(result)
    context.stdout.write(text)
    // A monitor that cannot be reached tells so itself; a mail each time would only hide the others.
    for (const trouble of troubles)
      if (typeof trouble === 'string') context.stderr.write(`conntrackctl: ${trouble}\n`)
    return exitCodeOf(result)
  } catch (error) {
    const exitCode = exitCodeOfError(error)
    await ping?.end(exitCode, messageOf(error))
    if (exitCode === exitCodes.internal.code) throw error
    const isTold = before.trouble === messageOf(error)
    // What cannot be kept is told again.
    await writeMemory(folder, job, { ...before, trouble: messageOf(error) }).catch(() => {})
    if (isTold) return exitCode
    throw error
  }
}

function exitCodeOfError(error: unknown): number {
  if (error instanceof InputError) return exitCodes.input.code
  if (error instanceof QueueError) return exitCodes.queue.code
  return error instanceof UsageError ? exitCodes.usage.code : exitCodes.internal.code
}

async function notifyAll(
  { notifyUrl: url, notifyCommand: program }: RunOptions,
  result: RunResult,
  transitions: Transitions,
  text: string,
): Promise<readonly (string | null)[]> {
  const notice = noticeOf(result, transitions, text)
  return Promise.all([
    url === undefined ? null : notifyUrl(url, notice, fetch),
    program === undefined ? null : notifyCommand(program, notice),
  ])
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
