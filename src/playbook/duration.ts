const units = { d: 86_400, h: 3600, m: 60, s: 1 } as const

/** `90s`, `5m`, `1h30m`, `5d`: each unit at most once, the larger ones first. */
export const durationPattern = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/** Seconds, or undefined where the text is not written as `durationPattern` says. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text)
  if (match === null) return undefined
  return Object.values(units).reduce(
    (total, seconds, index) => total + Number(match[index + 1] ?? 0) * seconds,
    0,
  )
}

/** Whole seconds as people write them, `5400` -> `1h30m`. The inverse of `parseDuration`. */
export function formatDuration(seconds: number): string {
  let rest = seconds
  let text = ''
  for (const [unit, length] of Object.entries(units)) {
    const amount = Math.floor(rest / length)
    rest -= amount * length
    if (amount > 0) text += `${amount}${unit}`
  }
  return text || '0s'
}

/** What somebody who wrote `1.5 hours`, `90 s`, `1w` or `5min` most likely meant; undefined where nobody can tell. */
export function guessDuration(text: string): number | undefined {
  const part = /^(\d{1,9}(?:\.\d{1,3})?)(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|ms|s|m|h|d|w)/
  let rest = text.toLowerCase().replaceAll(/[\s,_]+|and/g, '')
  if (rest === '') return undefined
  let seconds = 0
  while (rest !== '') {
    const match = part.exec(rest)
    if (match === null) return undefined
    seconds += Number(match[1]) * unitSeconds(match[2] ?? '')
    rest = rest.slice(match[0].length)
  }
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined
}

function unitSeconds(word: string): number {
  if (word === 'ms') return 0.001
  const letter = word.charAt(0)
  if (letter === 'w') return 7 * units.d
  return letter === 'd' || letter === 'h' || letter === 'm' ? units[letter] : units.s
}
