import type { PlayJobs } from '../run-plays.ts'

/** Hosts that a thread must have before it is worth its start. */
const hostsThatPay = 100

/** As many threads as pay for the largest play, one for each core at most. */
export function threadsFor(plays: readonly PlayJobs[], cores: number): number {
  const most = Math.max(0, ...plays.map(({ jobs }) => jobs.length))
  return Math.max(1, Math.min(cores, Math.floor(most / hostsThatPay)))
}
