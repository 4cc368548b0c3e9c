import * as z from 'zod'
import { printable } from '../printable.ts'
import { QueueError } from '../problem.ts'
import { presenceKey, protocol, runnersKey } from './key-names.ts'
import type { RedisLink } from './redis-link.ts'

/** What a runner tells of itself. */
export interface RunnerEntry {
  readonly version: string
  readonly protocol: number
}

const entrySchema = z.object({ version: z.string().max(100), protocol: z.number() })

/** ms that a runner stays in the list after it was last heard of; it tells three times as often. */
const presenceMs = 6000
export const beatMs = 1500

/** Puts a runner into the list of its zone, or keeps it there. */
export async function beatRunner(
  { redis }: RedisLink,
  zone: string,
  runner: string,
  entry: RunnerEntry,
): Promise<void> {
  await redis.hset(runnersKey(zone), runner, JSON.stringify(entry))
  await redis.set(presenceKey(runner), '1', 'PX', presenceMs).catch(async (error: unknown) => {
    // With its memory full, Redis still lets what is there live on.
    if ((await redis.pexpire(presenceKey(runner), presenceMs)) === 0) throw error
  })
}

export async function removeRunner({ redis }: RedisLink, zone: string, runner: string): Promise<void> {
  await redis.multi().hdel(runnersKey(zone), runner).del(presenceKey(runner)).exec()
}

/** Those of `runners` that are there. */
export async function presentRunners(
  { redis }: RedisLink,
  runners: readonly string[],
): Promise<ReadonlySet<string>> {
  if (runners.length === 0) return new Set()
  const found = await redis.mget(...runners.map(presenceKey))
  return new Set(runners.filter((_, index) => found[index] !== null))
}

/** The runners of a zone that are there; those that have gone without a word are taken out of the list. */
export async function runnersOf(link: RedisLink, zone: string): Promise<ReadonlyMap<string, RunnerEntry>> {
  const listed = await link.redis.hgetall(runnersKey(zone))
  const present = await presentRunners(link, Object.keys(listed))
  const gone = Object.keys(listed).filter((runner) => !present.has(runner))
  if (gone.length > 0) await link.redis.hdel(runnersKey(zone), ...gone)
  const runners = new Map<string, RunnerEntry>()
  for (const runner of present) {
    const entry = readEntry(listed[runner] ?? '')
    if (entry !== null) runners.set(runner, entry)
  }
  return runners
}

/** The runners of a zone that are there and can do the work of a coordinator of that version. */
export async function fitRunnersOf(
  link: RedisLink,
  zone: string,
  version: string,
): Promise<ReadonlyMap<string, RunnerEntry>> {
  const runners = await runnersOf(link, zone)
  return new Map([...runners].filter(([, entry]) => isFit(entry, version)))
}

function isFit(entry: RunnerEntry, version: string): boolean {
  return entry.version === version && entry.protocol === protocol
}

/** Throws QueueError where a zone has no runner of that version. */
export async function demandRunners(
  link: RedisLink,
  zones: readonly string[],
  version: string,
  queue: string,
): Promise<void> {
  for (const zone of zones) {
    const runners = await runnersOf(link, zone)
    if (runners.size === 0)
      throw new QueueError(
        `no runner is at work in the zone ${zone}; start one next to its hosts: conntrackctl worker --queue ${queue} --zone ${zone}`,
      )
    const [other] = [...runners].filter(([, entry]) => !isFit(entry, version))
    if (other !== undefined && [...runners.values()].every((entry) => !isFit(entry, version)))
      throw new QueueError(
        `the runner ${printable(other[0])} in the zone ${zone} is conntrackctl ${printable(other[1].version)}, this is ${version}; ` +
          'start a runner of this version there, beside it or in its place',
      )
  }
}

function readEntry(text: string): RunnerEntry | null {
  try {
    return entrySchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
