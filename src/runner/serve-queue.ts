import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { hostname } from 'node:os'
import { pause } from '../fleet/pause.ts'
import type { ConnectionDefaults } from '../inventory/target.ts'
import { printable } from '../printable.ts'
import { protocol, queueName, queuePrefix, runKey, runnerBox } from '../queue/key-names.ts'
import { readBox } from '../queue/mailbox.ts'
import {
  type JobMessage,
  jobSchema,
  readMessage,
  type Speaker,
  type ToRunner,
  toRunnerSchema,
} from '../queue/messages.ts'
import type { RedisLink } from '../queue/redis-link.ts'
import { forgetVersions } from '../queue/forget-versions.ts'
import { beatMs, beatRunner, removeRunner } from '../queue/runner-list.ts'
import type { Signer, Trust } from '../queue/signed-text.ts'
import { Conversation } from './conversation.ts'
import { doJob, newNonce } from './do-job.ts'
import { RunAtWork } from './run-at-work.ts'

/** How a runner works. */
export interface RunnerSettings {
  readonly link: RedisLink
  readonly zone: string
  readonly version: string
  readonly signer: Signer
  /** The coordinators whose word counts. */
  readonly trust: Trust
  readonly defaults: ConnectionDefaults
  /** Hosts at once. */
  readonly forks: number
  readonly threads: number
  /** Aborted when no further host may be begun; those under way finish. */
  readonly stopping: AbortSignal
  /** Aborted when they are cut off, too. */
  readonly cut: AbortSignal
  readonly log: (text: string) => void
}

/** Seconds that a runner which is to leave waits for its results to arrive. */
const leaveSeconds = 30
/** Seconds that Redis has to answer in when there is nothing left to do. */
const goodbyeSeconds = 2
/** ms; a lock that is not renewed for so long is of a runner that is gone or frozen. */
const lockMs = 15_000

/** Takes jobs of its zone and does them until it is stopped. */
export async function serveQueue(settings: RunnerSettings): Promise<void> {
  const { link, zone, version, signer, trust, defaults, forks, threads, stopping, cut, log } = settings
  const runner = `${hostname().replaceAll(/[^A-Za-z0-9.-]/g, '-')}-${randomBytes(4).toString('hex')}`
  const talks = new Map<string, Conversation>()
  const runs = new Map<string, RunAtWork>()
  const leaving = new AbortController()
  setMaxListeners(0, stopping, cut, leaving.signal)

  const hear = (message: ToRunner, speaker: Speaker): void => {
    if (message.kind === 'cut') runs.get(`${speaker.fingerprint} ${message.run}`)?.cut()
    else talks.get(message.nonce)?.hear(message, speaker)
  }
  const take = async (sealed: unknown): Promise<void> => {
    const read =
      typeof sealed === 'string'
        ? readMessage(trust.open(sealed), jobSchema)
        : { ok: false as const, why: 'it is not signed' }
    if (!read.ok) {
      log(`refused a job: ${read.why}`)
      return
    }
    const { message: job, speaker } = read
    const { fingerprint } = speaker
    if (speaker.zones !== null && !speaker.zones.has(zone)) {
      log(`refused a job: the key ${fingerprint} is not trusted here for the zone ${zone}`)
      return
    }
    const talk = new Conversation(link, signer, job.run, fingerprint)
    const nonce = newNonce()
    const why = whyNot(job, zone, version)
    if (why !== null) {
      log(`refused job ${job.job}: ${why}`)
      talk.tell({ kind: 'refused', run: job.run, job: job.job, nonce, runner, version })
      return
    }
    const key = `${fingerprint} ${job.run}`
    const runAtWork = (): RunAtWork => {
      const known = runs.get(key) ?? new RunAtWork(job.manner, threads, cut)
      runs.set(key, known)
      return known
    }
    talks.set(nonce, talk)
    const taken = {
      job,
      sealed: sealed as string,
      nonce,
      runner,
      talk,
      defaults,
      runAtWork,
      stopping,
      leaving: leaving.signal,
    }
    const ended = await doJob(taken)
    talks.delete(nonce)
    if (ended === 'dropped') log(`dropped job ${job.job}: its coordinator does not want it, or has gone`)
    if (ended === 'not_told') log(`job ${job.job} was done, but its coordinator has gone: ${job.label.host}`)
  }

  const { Worker } = await import('bullmq')
  await beatRunner(link, zone, runner, { version, protocol })
  for (const other of await forgetVersions(link, zone, version))
    log(
      `nobody in this zone is conntrackctl ${other} any more, this is ${version}: what it had left was removed`,
    )
  const reading = readBox(link, runnerBox(runner), leaving.signal, (sealed) => {
    const read = readMessage(trust.open(sealed), toRunnerSchema)
    if (read.ok) hear(read.message, read.speaker)
    else log(`something for this runner counts for nothing: ${read.why}`)
  })
  const worker = new Worker<{ readonly sealed?: unknown }>(
    queueName(zone, version),
    (job) => take(job.data.sealed),
    {
      connection: await link.another(),
      prefix: queuePrefix,
      concurrency: forks,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      // A job that was begun is never given to another by the queue: its coordinator knows what had been done.
      maxStalledCount: 0,
      runRetryDelay: 1000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  )
  let isInTrouble = false
  const note = (isWell: boolean, why: string): void => {
    if (isWell === !isInTrouble) return
    isInTrouble = !isWell
    log(isWell ? 'the queue can be used again' : `the queue cannot be used now: ${why}; waiting for it`)
  }
  worker.on('error', () => {})
  const beat = setInterval(() => {
    void forgetRuns(runs, link)
    if (!link.isReady()) {
      note(false, 'it is away')
      return
    }
    void beatRunner(link, zone, runner, { version, protocol }).then(
      () => note(true, ''),
      (error: unknown) => note(false, error instanceof Error ? error.message : String(error)),
    )
  }, beatMs)
  log(`runner ${runner} serves the zone ${zone}, ${forks} hosts at once`)

  await aborted(stopping)
  log('takes no more jobs; those under way end first')
  const closed = worker.close()
  void leaveInTime(runs, leaving, cut)
  await Promise.race([closed, aborted(leaving.signal)])
  clearInterval(beat)
  const removed = removeRunner(link, zone, runner).catch(() => {})
  if (link.isReady()) await Promise.race([removed, pause(goodbyeSeconds, AbortSignal.any([]))])
  leaving.abort()
  await Promise.all([...runs.values()].map((run) => run[Symbol.asyncDispose]()))
  await reading.catch(() => {})
}

/** Once its hosts have ended, a runner that is to leave waits only so long for its results to arrive. */
async function leaveInTime(
  runs: ReadonlyMap<string, RunAtWork>,
  leaving: AbortController,
  cut: AbortSignal,
): Promise<void> {
  for (let idle = 0; idle < leaveSeconds && !leaving.signal.aborted;) {
    await pause(1, leaving.signal)
    const isDone = [...runs.values()].every(({ isIdle }) => isIdle)
    idle = isDone ? idle + (cut.aborted ? leaveSeconds / 5 : 1) : 0
  }
  leaving.abort()
}

function whyNot(job: JobMessage, zone: string, version: string): string | null {
  if (job.version !== version)
    return printable(`its coordinator is conntrackctl ${job.version}, this is ${version}`)
  return job.zone === zone ? null : printable(`it is for the zone ${job.zone}, not for ${zone}`)
}

/** A run with nothing to do here gives up its bastions when its coordinator is gone. */
async function forgetRuns(runs: Map<string, RunAtWork>, { redis, isReady }: RedisLink): Promise<void> {
  for (const [key, run] of runs) {
    if (!run.isIdle || !isReady()) continue
    const isThere = await redis.exists(runKey(key.split(' ')[1] ?? '')).catch(() => 1)
    if (isThere === 1 || !run.isIdle) continue
    runs.delete(key)
    await run[Symbol.asyncDispose]()
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
