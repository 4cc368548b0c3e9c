const secondsOf: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
  us: 0.000_001,
  ns: 0.000_000_001,
}

/** Whole seconds of a duration as Go writes it (`24h0m0s`, `1h`, `0`); null when it is none. */
export function goSeconds(text: string): number | null {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|ns))+$/.test(text)) return null
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)/g)
  return Math.floor(
    [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * (secondsOf[unit ?? ''] ?? 0), 0),
  )
}
