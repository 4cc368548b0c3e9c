import { hostname } from 'node:os'
import { exitCodeOf } from '../exit-codes.ts'
import { summariseFacts } from '../fleet/host-outcome.ts'
import type { RunEvent } from '../fleet/run-event.ts'
import { type PlayJobs, runPlays } from '../fleet/run-plays.ts'
import type { EarlierFacts } from '../plan/symptoms.ts'
import { highestCounts } from '../record/highest-counts.ts'
import { latestFacts } from '../record/latest-facts.ts'
import { runId } from '../record/run-id.ts'
import { openRecord } from '../record/run-record.ts'
import { stateFolder } from '../record/state-folder.ts'
import { type Command, countStatuses } from '../report/host-result.ts'
import { resultView } from '../report/result-view.ts'
import { startProgress } from '../report/progress.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { prepareRun } from './prepare-run.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * `plan`, `apply` and `verify` are one story: load, then on every host read, plan and, for `apply`
 * only, change and read again; record; report. Gives the exit status.
 *
 * Throws InputError, UsageError: no host was contacted then.
 */
export async function runPlaybook(
  command: Command,
  playbook: string,
  options: RunOptions,
  context: Context,
): Promise<number> {
  const plays = await prepareRun(playbook, options, context)

  const started = context.now()
  const run = runId(started, context.random)
  const folder = stateFolder(options.stateDir, context)
  const start = { version: 1, run, command, playbook, started: started.toISOString() } as const
  const inventory = options.inventory
  await using record = await openRecord(
    folder,
    { ...start, inventory, arguments: withoutSecrets(context.words), controller: controller(context) },
    context.now,
  )
  const peaks = needsPeaks(plays) ? await highestCounts(folder) : new Map<string, number>()
  // What has happened since is what verify is asked for; the others need not read old records.
  const earlier = command === 'verify' ? await latestFacts(folder) : new Map<string, EarlierFacts>()
  const view = resultView(options, context.stdout)
  // Lines of hosts on the same terminal would be written into the drawing.
  const isQuiet = options.quiet === true || (options.output === 'jsonl' && context.stdout.isTty)
  const progress = startProgress(context.stderr, command, isQuiet)
  const onEvent = (event: RunEvent): void => {
    progress.event(event)
    view.event(event)
    if (event.kind === 'host_finished' || event.kind === 'host_revised')
      void record.append({ kind: 'finished', result: event.result })
  }

  const hosts = await runPlays(plays, {
    forks: options.forks,
    stopping: context.stopping,
    onEvent,
    onStage: (host, stage) => onEvent({ kind: 'stage_reached', host, stage }),
    random: context.random,
    manner: {
      mode: command === 'apply' ? 'apply' : 'read',
      scope: command === 'verify' ? 'verify' : 'plan',
      allowed: new Set(options.allow),
      signal: context.cut,
      earlierOf: (host) => earlier.get(host) ?? null,
      peakCountOf: (host) => peaks.get(host) ?? null,
      onPlanned: async (label, facts, { changes }) =>
        record.append({ kind: 'planned', ...label, facts: summariseFacts(facts), changes }),
    },
  })

  const finished = context.now().toISOString()
  const result = await record.close({ ...start, finished, hosts, totals: countStatuses(hosts) })
  await progress.stop()
  view.end(result)
  return exitCodeOf(result)
}

function needsPeaks(plays: readonly PlayJobs[]): boolean {
  return plays.some(({ jobs }) =>
    jobs.some(({ wish: { max } }) => typeof max === 'object' && max.peakTimes !== undefined),
  )
}

function controller({ user, version, pid }: Context): {
  host: string
  user: string
  pid: number
  version: string
} {
  return { host: hostname(), user, pid, version }
}
