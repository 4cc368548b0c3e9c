import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { queueName, queuePrefix } from '../../src/queue/key-names.ts'
import type { RunResult } from '../../src/report/host-result.ts'
import { isFullTrial } from '../full-trials.ts'
import { type OwnRedis, ownRedis, QueueRig, resultOf, type Running, tally } from './queue-rig.ts'

// What all trials have: hosts for the file, a Redis and another wish for each test.

export const hosts = isFullTrial ? 500 : 6
export const forks = isFullTrial ? 12 : 4
export const some = isFullTrial ? 100 : 2
/** Seconds that a host takes longer to answer, and that Redis or a runner is away. */
export const [slowSeconds, awaySeconds] = isFullTrial ? [0.5, 4] : [0.5, 2]

export let rig: QueueRig
export let redis: OwnRedis
export let wish = 200_000
export let before: ReadonlyMap<string, number>

beforeAll(async () => {
  rig = await QueueRig.start(hosts)
})
beforeEach(async () => {
  redis = await ownRedis()
  wish += 8
  rig.wish(wish)
  rig.slow(0)
  rig.hold(false)
  before = new Map([...rig.hosts()].map(([host, { max }]) => [host, max]))
})
afterEach(async () => {
  await rig.endAll()
  await redis.remove()
})
afterAll(async () => {
  await rig.stop()
})

/** A run that came to its end says of each host what is so, and no host was sent a change twice. */
export function expectTruth({ hosts: results }: RunResult): void {
  const now = rig.hosts()
  expect(results).toHaveLength(now.size)
  expect(new Set(results.map(({ host }) => host))).toEqual(new Set(now.keys()))
  for (const { host, status, error } of results) {
    const { max, sent } = now.get(host) ?? { max: 0, sent: 0 }
    const told = `${host} is ${status} (${error?.message}), has ${max}, was sent ${sent} changes`
    expect(sent, told).toBeLessThanOrEqual(1)
    if (status === 'changed' || status === 'ok') expect(max, told).toBe(wish)
    else if (status !== 'unknown') expect(max, told).toBe(before.get(host))
  }
}

/** Every fault ends so: what was told is so, and a second run brings all hosts to their wish. */
export async function expectMended(run: Running): Promise<RunResult> {
  const exitCode = await run.ended
  const result = resultOf(run)
  console.log(expect.getState().currentTestName, exitCode, tally(result.hosts))
  expectTruth(result)
  expectRecorded(result)
  rig.slow(0)
  const undone = result.hosts.filter(({ status }) => status !== 'changed').map(({ host }) => host)
  if (undone.length > 0) {
    const again = rig.coordinate('apply', redis.address, ['--forks', String(forks), '-l', undone.join(',')])
    expect(await again.ended, again.said.stderr).toBe(0)
  }
  for (const { max } of rig.hosts().values()) expect(max).toBe(wish)
  return result
}

/** The record has a plan for each host that may have been changed, and the end of each. */
export function expectRecorded({ run, hosts: results }: RunResult): void {
  const entries = expectPlansKept(run)
  const finished = entries.flatMap(({ kind, result }) => (kind === 'finished' && result ? [result.host] : []))
  expect(finished).toHaveLength(results.length)
  expect(new Set(finished)).toEqual(new Set(results.map(({ host }) => host)))
}

interface JournalEntry {
  readonly kind: string
  readonly host?: string
  readonly result?: { readonly host: string }
}

/** However a run ended, the record has the plan of each host that was sent a change. Gives its entries. */
export function expectPlansKept(run: string): readonly JournalEntry[] {
  const folder = join(rig.folder, 'state', 'runs', run)
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trim().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as JournalEntry)
  const planned = new Set(entries.flatMap(({ kind, host = '' }) => (kind === 'planned' ? [host] : [])))
  for (const [host, { sent }] of rig.hosts()) if (sent > 0) expect(planned).toContain(host)
  return entries
}

export const threeRunners = (): Promise<Running[]> =>
  Promise.all([1, 2, 3].map(() => rig.runner(redis.address)))
export const start = (): Running => rig.coordinate('apply', redis.address, ['--forks', String(forks)])

export const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/** The queue of the zone for one version. */
export function queueOf(connection: Redis, of = version): Queue {
  return new Queue(queueName('lab', of), { connection, prefix: queuePrefix })
}

/** Jobs that lie in the queue of the zone. */
export async function jobsLeft(own: OwnRedis): Promise<number> {
  const client = own.client()
  const queue = queueOf(client)
  try {
    return await queue.getJobCountByTypes('waiting', 'active', 'prioritized', 'delayed', 'failed')
  } finally {
    await queue.close()
    client.disconnect()
  }
}
