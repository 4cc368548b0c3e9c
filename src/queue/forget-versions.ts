import { queueName, queuePrefix, versionsKey } from './key-names.ts'
import type { RedisLink } from './redis-link.ts'
import { runnersOf } from './runner-list.ts'

/** What a version may look like, as part of the name of a key. */
const versionPattern = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/

/**
 * Removes the queues of versions of which no runner is left in a zone, and gives those versions. A coordinator that waits
 * for such a runner loses nothing: it posts again what nobody has begun.
 */
export async function forgetVersions(
  link: RedisLink,
  zone: string,
  version: string,
): Promise<readonly string[]> {
  const { redis } = link
  const key = versionsKey(zone)
  await redis.sadd(key, version)
  const present = new Set([...(await runnersOf(link, zone)).values()].map((runner) => runner.version))
  const forgotten: string[] = []
  const { Queue } = await import('bullmq')
  for (const other of await redis.smembers(key)) {
    if (other === version || present.has(other)) continue
    if (versionPattern.test(other)) {
      const queue = new Queue(queueName(zone, other), { connection: redis, prefix: queuePrefix })
      queue.on('error', () => {})
      await queue.obliterate({ force: true })
      await queue.close()
      forgotten.push(other)
    }
    await redis.srem(key, other)
  }
  return forgotten
}
