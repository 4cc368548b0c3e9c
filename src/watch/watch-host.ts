import { setTimeout } from 'node:timers/promises'
import { tableSampler } from '../host/sample-table.ts'
import type { Bastions } from '../ssh/bastions.ts'
import { type FailureKind, HostFailure } from '../ssh/failure.ts'
import { openSession } from '../ssh/open-session.ts'
import type { Target } from '../ssh/target.ts'
import type { WatchedHost } from './watched-host.ts'

/** How hosts are watched. */
export interface WatchManner {
  readonly intervalSeconds: number
  /** End each host after one sample, or one failure. */
  readonly once: boolean
  /** Ends all. */
  readonly signal: AbortSignal
  /** Lets so many log in at once. */
  readonly logIn: <Value>(work: () => Promise<Value>) => Promise<Value>
  readonly bastions: Bastions
  /** Seconds of a clock that never goes back. */
  readonly clock: () => number
  /** In [0, 1). */
  readonly random: () => number
  /** Told after each sample, and when a host is lost. */
  readonly onNews: (host: WatchedHost) => void
  /** Resolves when hosts that are `refused` are to be tried again. */
  readonly retryAsked: () => Promise<void>
}

const longestBackoffSeconds = 60

/** What another try cannot heal: it would only get us banned, or wake somebody. */
const hopeless: ReadonlySet<FailureKind> = new Set([
  'auth',
  'host_key_unknown',
  'host_key_changed',
  'host_key_revoked',
  'host_key_unreadable',
  'key_file',
  'agent',
  'become',
  'password_expired',
  'prompt',
  'no_common_algorithm',
  'shell',
] satisfies FailureKind[])

/**
 * Keeps one connection to a host and asks it for its numbers each interval, until the signal is aborted. A connection
 * that is lost is made again, after longer and longer pauses. Never throws: what goes wrong stands in `host`.
 */
export async function watchHost(host: WatchedHost, target: Target, manner: WatchManner): Promise<void> {
  const { signal, once } = manner
  while (!signal.aborted) {
    try {
      await using session = await manner.logIn(() => openSession(target, signal, manner.bastions))
      const sample = tableSampler(session)
      while (!signal.aborted) {
        const asked = manner.clock()
        const found = await sample()
        const now = manner.clock()
        if (found !== null) host.history.add(found, now)
        host.state = found === null ? 'no_table' : 'live'
        host.error = null
        host.failures = 0
        host.answeredAtSeconds = now
        host.roundTripMilliseconds = (now - asked) * 1000
        manner.onNews(host)
        if (once) return
        await rest(Math.max(0, manner.intervalSeconds - (now - asked)), signal)
      }
    } catch (error) {
      if (signal.aborted) return
      noteFailure(host, error)
      manner.onNews(host)
      if (once) return
      if (host.state === 'refused') await Promise.race([manner.retryAsked(), rest(Infinity, signal)])
      else await rest(backoffSeconds(host.failures, manner.random()), signal)
    }
  }
}

function noteFailure(host: WatchedHost, error: unknown): void {
  const isKnown = error instanceof HostFailure
  host.failures += 1
  host.error = isKnown
    ? { kind: error.kind, message: error.message, hint: error.hint }
    : {
        kind: 'internal',
        message: error instanceof Error ? error.message : String(error),
        hint: 'This is a fault of conntrackctl: please report it.',
      }
  host.state = isKnown && hopeless.has(error.kind) ? 'refused' : 'lost'
}

/** 1, 2, 4, … 60 s, a quarter more or less, so that a fleet behind one switch does not come back all at once. */
export function backoffSeconds(failures: number, random: number): number {
  return Math.min(2 ** (failures - 1), longestBackoffSeconds) * (0.75 + random / 2)
}

async function rest(seconds: number, signal: AbortSignal): Promise<void> {
  // A timer takes no more than 24 days.
  await setTimeout(Math.min(seconds * 1000, 2 ** 31 - 1), null, { signal }).catch(() => {})
}
