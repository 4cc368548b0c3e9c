import { hostname } from 'node:os'
import { exitCodeOf, exitCodes } from '../exit-codes.ts'
import { pause } from '../fleet/pause.ts'
import type { PlayJobs } from '../fleet/run-plays.ts'
import { InputError, UsageError } from '../problem.ts'
import { pruneRuns } from '../record/prune-runs.ts'
import { runId } from '../record/run-id.ts'
import { stateFolder } from '../record/state-folder.ts'
import type { Command, RunResult } from '../report/host-result.ts'
import { renderTransitions } from '../report/transitions-text.ts'
import { readConditions, writeConditions } from '../schedule/conditions-file.ts'
import { notifyCommand, notifyUrl, noticeOf } from '../schedule/notify.ts'
import { type Pinger, pinger } from '../schedule/ping.ts'
import { takeRunLock } from '../schedule/run-lock.ts'
import { splaySeconds } from '../schedule/splay.ts'
import { compareRuns, isSilent, type Transitions } from '../schedule/transitions.ts'
import { carryOut } from './carry-out.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'

/** What to do, over and over. */
export interface UnattendedJob {
  readonly command: Command
  readonly playbook: string
  /** What there is only one run of at a time, and what was told of it last: a playbook's path. */
  readonly subject: string
  readonly prepare: () => Promise<readonly PlayJobs[]>
}

/**
 * A run that nobody watches: one at a time, silent while nothing changes, and loud once when something begins, changes
 * or is over. Gives the exit status, which is that of the run whether it was told or not.
 *
 * Throws InputError, UsageError, LockedError: no host was contacted then.
 */
export async function runUnattended(
  { command, playbook, subject, prepare }: UnattendedJob,
  options: RunOptions,
  context: Context,
): Promise<number> {
  await pause(splaySeconds(options.splay ?? 0, hostname(), subject), context.stopping)
  if (context.stopping.aborted) return exitCodes.interrupted.code

  const folder = stateFolder(options.stateDir, context)
  const started = context.now()
  const run = runId(started, context.random)
  const holder = { run, pid: context.pid, user: context.user, since: started.toISOString() }
  await using held = await takeRunLock(folder, subject, holder, options.lockWait ?? 0, context.stopping)

  // The lock is all that is wanted of it.
  void held

  const ping = options.pingUrl === undefined ? null : pinger(options.pingUrl, fetch)
  const troubles: (string | null | undefined)[] = [await ping?.start()]
  let exitCode: number = exitCodes.internal.code
  let mail = ''
  try {
    const plays = await prepare()
    const result = await carryOut(
      { run, started, command, playbook, plays, isDryRun: command !== 'apply' },
      options,
      context,
      () => {},
    )
    exitCode = exitCodeOf(result)
    const before = await readConditions(folder, subject, command)
    const transitions = compareRuns(before, result.hosts, result.finished)
    if (!isSilent(transitions) || result.notes !== undefined) mail = renderTransitions(result, transitions)
    await writeConditions(folder, subject, command, transitions.next).catch((error: unknown) => {
      troubles.push(`what was told cannot be kept, so it will be told again: ${messageOf(error)}`)
    })
    if (!isSilent(transitions)) troubles.push(...(await notifyAll(options, result, transitions, mail)))
    if (options.keep !== undefined) await pruneRuns(folder, options.keep, context.now())
  } catch (error) {
    exitCode =
      error instanceof InputError
        ? exitCodes.input.code
        : error instanceof UsageError
          ? exitCodes.usage.code
          : exitCode
    await endPing(ping, exitCode, messageOf(error))
    throw error
  }
  troubles.push(await endPing(ping, exitCode, mail))
  context.stdout.write(mail)
  // A monitor that cannot be reached tells so itself; a mail each time would only hide the others.
  if (mail !== '')
    for (const trouble of troubles)
      if (typeof trouble === 'string') context.stderr.write(`conntrackctl: ${trouble}\n`)
  return exitCode
}

async function endPing(ping: Pinger | null, exitCode: number, log: string): Promise<string | null> {
  // Drift that was found, as `verify` does, is what the monitor is to hear of, and so is any other status.
  return ping === null ? null : ping.end(exitCode, log)
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
