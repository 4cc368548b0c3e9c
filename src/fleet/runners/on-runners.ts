import type { Queue } from 'bullmq'
import { drop, readBox } from '../../queue/mailbox.ts'
import { coordinatorBox, queueName, queuePrefix, runKey, runnerBox } from '../../queue/key-names.ts'
import {
  type JobMessage,
  questionHeadSchema,
  readMessage,
  toCoordinatorSchema,
  type ToRunner,
} from '../../queue/messages.ts'
import { openRedisLink, type QueueAccess, type RedisLink } from '../../queue/redis-link.ts'
import { beatMs, demandRunners, fitRunnersOf, presentRunners } from '../../queue/runner-list.ts'
import type { Signer, Trust } from '../../queue/signed-text.ts'
import type { HostExecutor } from '../host-executor.ts'
import { notReached } from '../not-reached.ts'
import { pause } from '../pause.ts'
import type { Manner } from '../remedy-host.ts'
import type { PlayJobs } from '../run-plays.ts'
import type { Work } from './board-events.ts'
import { JobBoard } from './job-board.ts'
import { lostWithRunner } from './lost-with-runner.ts'
import { Watch } from './watch.ts'

/** How a run is done by runners elsewhere. */
export interface Coordination {
  readonly access: QueueAccess
  readonly signer: Signer
  /** The runners whose word counts. */
  readonly trust: Trust
  readonly run: string
  readonly version: string
  /** Seconds after which a runner that is silent is lost. */
  readonly timeoutSeconds: number
  /** Told, once each, of what is not as it should be and does not stop the run. */
  readonly warn: (text: string) => void
}

/** Runners that are there, before anything is asked of them. */
export interface Runners extends AsyncDisposable {
  /** Once `stopping` is aborted, what no runner has begun is not begun. */
  readonly executorFor: (manner: Manner, stopping: AbortSignal) => HostExecutor
}

/** ms */
const runKeyMs = 8000
const goodbyeSeconds = 2

/** Connects, and sees that every zone has runners of this version. Throws QueueError: no host was contacted then. */
export async function openRunners(plays: readonly PlayJobs[], coordination: Coordination): Promise<Runners> {
  const { access, run, version } = coordination
  const zones = new Set(plays.flatMap(({ jobs }) => jobs.map(({ errand }) => errand?.zone ?? '')))
  const link = await openRedisLink(access)
  const queues = new Map<string, Queue>()
  try {
    await demandRunners(link, [...zones], version, access.address.text)
    const { Queue: OfZone } = await import('bullmq')
    for (const zone of zones) {
      const queue = new OfZone(queueName(zone, version), {
        connection: link.redis,
        prefix: queuePrefix,
        streams: { events: { maxLen: 100 } },
      })
      // Whatever a connection does shows in what is sent and received over it.
      queue.on('error', () => {})
      queues.set(zone, queue)
    }
    await link.redis.set(runKey(run), '1', 'PX', runKeyMs)
  } catch (error) {
    await link[Symbol.asyncDispose]()
    throw error
  }
  return {
    executorFor: (manner, stopping) => onRunners(manner, stopping, { ...coordination, link, queues }),
    [Symbol.asyncDispose]: async () => {
      // All is done and recorded: a Redis that does not answer now keeps nobody.
      const removed = link.redis.del(runKey(run), coordinatorBox(run)).catch(() => {})
      if (link.isReady()) await Promise.race([removed, pause(goodbyeSeconds, AbortSignal.any([]))])
      await link[Symbol.asyncDispose]()
    },
  }
}

/** Hands the work on every host to the runners of its zone. */
function onRunners(
  manner: Manner,
  stopping: AbortSignal,
  coordination: Coordination & { readonly link: RedisLink; readonly queues: ReadonlyMap<string, Queue> },
): HostExecutor {
  const { link, queues, run, version, signer, trust, timeoutSeconds, warn } = coordination
  const { mode, scope, allowed, who, signal, historyOf, peakCountOf } = manner
  const now = (): number => performance.now()
  const tell = (runner: string, message: ToRunner): void =>
    void drop(link, runnerBox(runner), signer.seal(JSON.stringify(message)))

  const seal = ({ job, revisit }: Work, id: string): string => {
    const { label, errand, remedy, confirmSeconds } = job
    const message: JobMessage = {
      ...{ kind: 'job', version, run, job: id, zone: errand?.zone ?? '', timeoutSeconds },
      manner: { mode, scope, allowed: [...allowed], who },
      label: { host: label.host, play: label.play },
      vars: errand?.vars ?? {},
      spec: remedy.spec,
      history: historyOf(label.host),
      peakCount: peakCountOf(label.host),
      confirmSeconds,
      revisit: revisit === null ? null : { earlier: revisit.earlier, ...revisit.revisit },
    }
    return signer.seal(JSON.stringify(message))
  }
  const board: JobBoard = new JobBoard(run, version, {
    seal,
    post: ({ job }, id, sealed) => {
      if (!link.isReady()) return
      // Tried again every few seconds, as long as nobody has begun it.
      void queues
        .get(job.errand?.zone ?? '')
        ?.add('host', { sealed }, { jobId: id, attempts: 1, removeOnComplete: true, removeOnFail: true })
        .catch(() => {})
    },
    withdraw: ({ job }, id) => {
      if (link.isReady())
        void queues
          .get(job.errand?.zone ?? '')
          ?.remove(id)
          .catch(() => {})
    },
    answer: tell,
    onStranger: (runner, zone) => {
      const why = `the key of the runner ${runner} is not trusted for the zone ${zone}`
      warn(why)
      watch.heardStranger(why)
    },
    onStage: manner.onStage,
    // Where nothing is to be changed, nobody is let change anything.
    onPlanned: async (job, { facts, changes }) =>
      mode === 'apply' && manner.onPlanned(job.label, facts, changes),
  })
  const watch = new Watch({
    board,
    timeoutSeconds,
    beat: async () => void (await link.redis.set(runKey(run), '1', 'PX', runKeyMs)),
    // With its memory full, Redis still lets what is there live on.
    keepAlive: async () => void (await link.redis.pexpire(runKey(run), runKeyMs)),
    isReady: link.isReady,
    presentOf: (runners) => presentRunners(link, runners),
    hasRunners: async (zone) => (await fitRunnersOf(link, zone, version)).size > 0,
    now,
    warn,
  })

  const reading = new AbortController()
  void readBox(link, coordinatorBox(run), reading.signal, (sealed) => {
    const opened = trust.open(sealed)
    const read = readMessage(opened, toCoordinatorSchema)
    if (!read.ok) {
      warn(`something in the queue counts for nothing: ${read.why}`)
      if (!opened.ok) watch.heardStranger(read.why)
      const head = readMessage(opened, questionHeadSchema)
      if (head.ok) board.receiveUnreadable(head.message, head.speaker, sealed)
      return
    }
    if ('runner' in read.message) watch.heardOf(read.message.runner)
    board.receive(read.message, read.speaker, sealed)
  }).catch((error: unknown) => warn(error instanceof Error ? error.message : String(error)))
  const timer = setInterval(() => void watch.tick(), beatMs)

  const onStopping = (): void => board.stop((job) => notReached(job, null, stopping.reason))
  const onCut = (): void => {
    for (const runner of board.holders) tell(runner, { kind: 'cut', run })
    board.withdraw((job, known) => lostWithRunner(job, known, false, cutLoss))
    watch.cut()
  }
  stopping.addEventListener('abort', onStopping)
  signal.addEventListener('abort', onCut)
  return {
    remedy: (job) => board.add({ job, revisit: null }, now()),
    withdraw: (resultOf) => board.withdraw(resultOf),
    revisit: (job, earlier, revisit) => board.add({ job, revisit: { earlier, revisit } }, now()),
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      reading.abort()
      stopping.removeEventListener('abort', onStopping)
      signal.removeEventListener('abort', onCut)
      return Promise.resolve()
    },
  }
}

const cutLoss = {
  kind: 'cancelled',
  message: 'the run was cut before a runner had begun this host',
  hint: 'Run again to finish the job.',
} as const
