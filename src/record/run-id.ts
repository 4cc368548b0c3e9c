/** What a run's id looks like: its start in UTC, to the second, and four hexadecimal digits. */
export const runIdPattern = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/** How many ids a millisecond has among the 65536 of its second. */
const idsPerMillisecond = 65

/**
 * The id of a run, `20261122T190000Z-3f9c`. The digits are the millisecond, so that ids sort by time, and
 * chance within it. `random` gives a number in [0, 1).
 */
export function runId(now: Date, random: () => number): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const first = Math.ceil((now.getUTCMilliseconds() * 0x1_00_00) / 1000)
  const word = (first + Math.floor(random() * idsPerMillisecond)).toString(16)
  return `${time}-${word.padStart(4, '0')}`
}
