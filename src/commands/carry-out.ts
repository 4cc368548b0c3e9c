import { availableParallelism, hostname } from 'node:os'
import { compactResults } from '../fleet/compact-results.ts'
import { deadlineOf } from '../fleet/deadline.ts'
import { inThisThread } from '../fleet/host-executor.ts'
import type { Manner } from '../fleet/remedy-host.ts'
import type { RunEvent } from '../fleet/run-event.ts'
import { type PlayJobs, runPlays } from '../fleet/run-plays.ts'
import { inThreads } from '../fleet/threads/in-threads.ts'
import { threadsFor } from '../fleet/threads/threads-for.ts'
import { highestCounts } from '../record/highest-counts.ts'
import { noSeries, readSeries, writeCounts } from '../record/count-series.ts'
import { openRecord } from '../record/run-record.ts'
import { stateFolder } from '../record/state-folder.ts'
import { type Command, countStatuses, type RunResult } from '../report/host-result.ts'
import { Bastions } from '../ssh/bastions.ts'
import type { RunContext } from './context.ts'
import type { RunOptions } from './options.ts'
import { runnersFor } from './queue-access.ts'
import { openRunLog } from './run-log.ts'
import { terminalAsk } from './terminal.ts'
import { withoutSecrets } from './without-secrets.ts'

/** What is to be done, made ready. */
export interface Task {
  readonly run: string
  readonly started: Date
  readonly command: Command
  readonly playbook: string
  readonly plays: readonly PlayJobs[]
  /** Stop before anything is changed. */
  readonly isDryRun: boolean
}

/**
 * On every host: read, plan and, for `apply` only, change and read again; all of it recorded. Gives the result, which
 * is in the record by then. Throws UsageError where no record can be kept, QueueError where the runners cannot be
 * asked: no host was contacted then.
 */
export async function carryOut(
  task: Task,
  options: RunOptions,
  context: RunContext,
  listen: (event: RunEvent) => void,
): Promise<RunResult> {
  const { run, started, command, playbook, plays, isDryRun } = task
  const folder = stateFolder(options.stateDir, context)
  await using runners =
    options.queue === undefined ? null : await runnersFor(plays, { run, options, context })
  using log = openRunLog(task, options, context)
  const start = { version: 1, run, command, playbook, started: started.toISOString() } as const
  const { inventory } = options
  await using record = await openRecord(
    folder,
    {
      ...start,
      inventory,
      cwd: context.cwd,
      plays: plays.map(({ play, become, rollout }) => ({ play, become, rollout })),
      arguments: withoutSecrets(context.words),
      controller: controller(context),
    },
    context.now,
  )
  const peaks = needsPeaks(plays) ? await highestCounts(folder) : new Map<string, number>()
  // What has happened since is what these are asked for; the others need not read old records.
  const looksBack = command === 'verify' || command === 'check'
  const series = looksBack ? await readSeries(folder) : noSeries
  const nowSeconds = started.getTime() / 1000
  const onEvent = (event: RunEvent): void => {
    listen(event)
    log.event(event)
    if (event.kind === 'host_finished' || event.kind === 'host_revised')
      void record.append({ kind: 'finished', result: event.result })
  }

  using deadline = deadlineOf(options.deadline ?? null, context)
  const ask = terminalAsk(context, options)
  await using bastions = new Bastions({ random: context.random, ask, keepOpen: true })
  const manner: Manner = {
    mode: isDryRun ? 'read' : 'apply',
    scope: looksBack || command === 'diagnose' ? 'verify' : 'plan',
    allowed: new Set(options.allow),
    who: `run ${run} of ${context.user}@${hostname()} since ${started.toISOString()}`,
    signal: deadline.cut,
    bastions,
    historyOf: (host) => ({ earlier: series.latestOf(host), points: series.pointsOf(host), nowSeconds }),
    peakCountOf: (host) => peaks.get(host) ?? null,
    onStage: (host, stage) => onEvent({ kind: 'stage_reached', host, stage }),
    onPlanned: async (label, facts, changes) => {
      onEvent({ kind: 'host_planned', ...label, changes })
      return record.append({ kind: 'planned', ...label, facts, changes })
    },
  }
  const threads = options.workers ?? threadsFor(plays, availableParallelism())
  await using executor =
    runners !== null
      ? runners.executorFor(manner, deadline.stopping)
      : threads > 1
        ? inThreads(manner, { threads, ask })
        : inThisThread(manner)
  const hosts = await runPlays(plays, {
    forks: options.forks,
    stopping: deadline.stopping,
    executor: compactResults(executor),
    isDryRun,
    onEvent,
    random: context.random,
  })
  const finished = context.now().toISOString()
  const result = { ...start, finished, hosts, totals: countStatuses(hosts) }
  // Only a later run would miss it.
  await writeCounts(record.folder, result).catch(() => {})
  return log.end(await record.close(result))
}

function needsPeaks(plays: readonly PlayJobs[]): boolean {
  return plays.some(({ jobs }) => jobs.some(({ remedy }) => remedy.needsPeakCount))
}

function controller({ user, version, pid }: RunContext): {
  host: string
  user: string
  pid: number
  version: string
} {
  return { host: hostname(), user, pid, version }
}
