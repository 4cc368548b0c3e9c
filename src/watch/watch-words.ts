import type { TableTrend } from './sample-history.ts'
import type { WatchedHost } from './watched-host.ts'

/** `1 234 567` as plain digits grouped for reading: `1,234,567`. */
export function digits(number: number): string {
  return String(Math.round(number)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `+120/s`, `-3/s`, and nothing where nothing is known. */
export function rateWord(perSecond: number | null): string {
  if (perSecond === null) return ''
  const rounded = Math.round(perSecond)
  return `${rounded > 0 ? '+' : ''}${digits(rounded)}/s`
}

/** `38s`, `12m`, `3h`, `5d`: how long, to one unit. */
export function spanWord(seconds: number | null): string {
  if (seconds === null) return ''
  if (seconds < 1) return 'now'
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'm'],
    [1, 's'],
  ] as const
  const [size, unit] = units.find(([unitSize]) => seconds >= unitSize) ?? [1, 's']
  return `${Math.floor(seconds / size)}${unit}`
}

export function percentWord(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)}%`
}

/** What a host's numbers mean to somebody who looks once: nothing, near the end, or at it. */
export function alarmOf({ used, dropsPerSecond }: TableTrend): 'calm' | 'near' | 'full' {
  if (used >= 0.9 || (dropsPerSecond ?? 0) > 0) return 'full'
  return used >= 0.75 ? 'near' : 'calm'
}

export function stateWord({ state, error }: WatchedHost): string {
  switch (state) {
    case 'live':
      return ''
    case 'connecting':
      return 'connecting'
    case 'no_table':
      return 'no table: conntrack is not loaded'
    case 'lost':
    case 'refused':
      return `${state} (${error?.kind ?? 'internal'}): ${error?.message ?? ''}`
  }
}
