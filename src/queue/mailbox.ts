import type { RedisLink } from './redis-link.ts'

/** Seconds that a message lies in a box whose reader is gone. */
const keepSeconds = 120
const waitSeconds = 5
const mostAtOnce = 100

/** Puts a message into the box of another. False where it cannot be put there now; whoever sends it tries again. */
export async function drop({ redis, isReady }: RedisLink, box: string, sealed: string): Promise<boolean> {
  // While the connection is down a command would only wait, and the next try behind it.
  if (!isReady()) return false
  try {
    const [pushed] = (await redis.multi().rpush(box, sealed).expire(box, keepSeconds).exec()) ?? []
    return pushed?.[0] === null
  } catch {
    return false
  }
}

/**
 * Reads a box to its end, and goes on until `signal` is aborted. What is lost on the way, because Redis was, is sent
 * again by whoever has no answer to it.
 */
export async function readBox(
  link: RedisLink,
  box: string,
  signal: AbortSignal,
  onMessage: (sealed: string) => void,
): Promise<void> {
  const redis = await link.another()
  signal.addEventListener('abort', () => redis.disconnect(), { once: true })
  while (!signal.aborted)
    try {
      const first = await redis.blpop(box, waitSeconds)
      if (first === null) continue
      onMessage(first[1])
      for (const more of (await redis.lpop(box, mostAtOnce)) ?? []) onMessage(more)
    } catch {
      // The connection comes back by itself; until then there is nothing to read.
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
}
