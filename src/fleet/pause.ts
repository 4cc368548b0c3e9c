import { setTimeout } from 'node:timers/promises'

/** Waits so many seconds, or until `signal` is aborted; true when the whole time has passed. */
export async function pause(seconds: number, signal: AbortSignal): Promise<boolean> {
  if (seconds > 0) await setTimeout(seconds * 1000, null, { signal }).catch(() => {})
  return !signal.aborted
}
