/** `1 048 576` with thin spaces, which a line never breaks at. */
export function grouped(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, '\u202f')
}

/** A share of max as people say it: `0.4 %`, `12 %`, `104 %`. */
export function percent(share: number): string {
  const value = share * 100
  return `${value > 0 && value < 1 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** `2026-11-22 19:00 UTC`. */
export function when(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `12.3 s`, `4 min 5 s`. */
export function lasted(started: string, finished: string): string {
  const seconds = Math.max(0, Date.parse(finished) - Date.parse(started)) / 1000
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** `204 MiB`. */
export function mebibytes(bytes: number): string {
  const mib = bytes / 2 ** 20
  return `${mib < 10 ? mib.toFixed(1) : grouped(Math.round(mib))} MiB`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}
