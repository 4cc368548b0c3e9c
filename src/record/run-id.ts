/** What a run's id looks like: its start in UTC, to the second, and four hexadecimal digits. */
export const runIdPattern = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/**
 * The id of a run, `20261122T190000Z-3f9c`. The digits are the fraction of the second, so that ids sort
 * by time, and chance where that is too coarse. `random` gives a number in [0, 1).
 */
export function runId(now: Date, random: () => number): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const fraction = (now.getUTCMilliseconds() + random()) / 1000
  const word = Math.floor(fraction * 0x1_00_00).toString(16)
  return `${time}-${word.padStart(4, '0')}`
}
