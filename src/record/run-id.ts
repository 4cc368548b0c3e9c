/** What a run's id looks like: its start in UTC, to the second, and four random hexadecimal digits. */
export const runIdPattern = /^\d{8}T\d{6}Z-[0-9a-f]{4}$/

/** The id of a run, `20261122T190000Z-3f9c`; sorts by time. `random` gives a number in [0, 1). */
export function runId(now: Date, random: () => number): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const word = Math.floor(random() * 0x1_00_00).toString(16)
  return `${time}-${word.padStart(4, '0')}`
}
