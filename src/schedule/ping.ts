import { setTimeout } from 'node:timers/promises'

/** Bytes of text that go with a ping: what healthchecks.io keeps. */
const mostBytes = 100_000
const tries = 3
const tryMilliseconds = 10_000

/** Tells a monitor how a scheduled run goes; never throws, gives what went wrong or null. */
export interface Pinger {
  start(): Promise<string | null>
  end(exitCode: number, log: string): Promise<string | null>
}

/**
 * The protocol of healthchecks.io: `URL/start` when a run begins, `URL/STATUS` with the end of its log when it has
 * ended, where a status of 0 is success. `fetcher` is the platform's fetch.
 */
export function pinger(url: string, fetcher: typeof fetch): Pinger {
  const base = url.replace(/\/+$/, '')
  const post = async (path: string, text: string): Promise<string | null> => {
    const body = Buffer.from(text).subarray(-mostBytes)
    let problem = ''
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      try {
        const response = await fetcher(`${base}${path}`, {
          method: 'POST',
          body,
          signal: AbortSignal.timeout(tryMilliseconds),
          redirect: 'follow',
        })
        await response.body?.cancel()
        if (response.ok) return null
        problem = `it answered ${response.status}`
        // A wrong address does not become right by asking again.
        if (response.status < 500 && response.status !== 429) break
      } catch (error) {
        problem = error instanceof Error ? causeOf(error) : String(error)
      }
      if (attempt < tries) await setTimeout(attempt * 500)
    }
    // The path of such a URL is all there is of a secret: only the host is said.
    return `the ping to ${hostOf(url)} did not get through: ${problem}`
  }
  return {
    start: () => post('/start', ''),
    end: (exitCode, log) => post(`/${exitCode}`, log),
  }
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the given address'
}
