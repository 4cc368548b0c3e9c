import type { HostClock } from '../host/facts.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A line a little ahead of the clock is one of now and not of a year ago. */
const slackSeconds = 86_400

/**
 * When a line of a log was written, in ISO 8601; null where it does not say. Understood are the kernel's own seconds
 * since boot, ISO times, and syslog's `Jul 31 18:41:00`, which has neither year nor zone: it is taken for the latest
 * such moment that is not to come, in the host's own zone.
 */
export function logTime(line: string, clock: HostClock | null): string | null {
  return sinceBoot(line, clock) ?? iso(line, clock) ?? syslog(line, clock)
}

function sinceBoot(line: string, clock: HostClock | null): string | null {
  const [, seconds] = /^(?:<\d{1,3}>)?\[ *(\d{1,10})\.\d{1,9}\]/.exec(line) ?? []
  if (seconds === undefined || clock === null || clock.uptimeSeconds === null) return null
  return stamp((clock.epochSeconds - clock.uptimeSeconds + Number(seconds)) * 1000)
}

function iso(line: string, clock: HostClock | null): string | null {
  const [, date = '', time = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?(?: |$)/.exec(line) ?? []
  if (date === '') return null
  const withColon = zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')
  const millis = Date.parse(`${date}T${time}${withColon === '' ? 'Z' : withColon}`)
  return stamp(zone === '' ? millis - (clock?.zoneSeconds ?? 0) * 1000 : millis)
}

function syslog(line: string, clock: HostClock | null): string | null {
  const [, name = '', day, hour, minute, second] =
    /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) /.exec(line) ?? []
  const month = months.indexOf(name)
  if (month === -1 || clock === null) return null
  const local = new Date((clock.epochSeconds + clock.zoneSeconds) * 1000)
  const at = (year: number): number =>
    Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second)) -
    clock.zoneSeconds * 1000
  const thisYear = at(local.getUTCFullYear())
  const isToCome = thisYear > (clock.epochSeconds + slackSeconds) * 1000
  return stamp(isToCome ? at(local.getUTCFullYear() - 1) : thisYear)
}

function stamp(millis: number): string | null {
  const time = new Date(millis)
  return Number.isNaN(time.getTime()) ? null : time.toISOString().replace(/\.\d+Z$/, 'Z')
}
