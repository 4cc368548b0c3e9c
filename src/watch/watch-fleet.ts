import pLimit from 'p-limit'
import { Bastions } from '../ssh/bastions.ts'
import type { Target } from '../ssh/target.ts'
import { watchHost } from './watch-host.ts'
import { newWatchedHost, type WatchedHost } from './watched-host.ts'

/** How a fleet is watched. */
export interface FleetWatch {
  readonly intervalSeconds: number
  readonly once: boolean
  /** Logins at once. */
  readonly forks: number
  readonly signal: AbortSignal
  readonly clock: () => number
  readonly random: () => number
  readonly onNews: (host: WatchedHost) => void
}

/** Hosts that are being watched. */
export interface WatchedFleet {
  readonly hosts: readonly WatchedHost[]
  /** Tries those again that refused us. */
  readonly retry: () => void
  /** Resolves when all have ended: with `once` after one look, else when the signal is aborted. */
  readonly ended: Promise<void>
}

/** Watches all hosts at once, each over one connection that stays. Never throws. */
export function watchFleet(targets: readonly Target[], watch: FleetWatch): WatchedFleet {
  const logins = pLimit(watch.forks)
  const bastions = new Bastions({ random: watch.random, ask: null, keepOpen: true })
  const waiting = new Set<() => void>()
  const pairs = targets.map((target) => ({ target, host: newWatchedHost(target.name) }))
  const manner = {
    ...watch,
    bastions,
    logIn: <Value>(work: () => Promise<Value>) => logins(work),
    retryAsked: () => new Promise<void>((asked) => void waiting.add(asked)),
  }
  const ended = Promise.all(pairs.map(({ host, target }) => watchHost(host, target, manner)))
  return {
    hosts: pairs.map(({ host }) => host),
    retry: () => {
      for (const asked of waiting) asked()
      waiting.clear()
    },
    ended: ended.then(() => bastions[Symbol.asyncDispose]()),
  }
}
