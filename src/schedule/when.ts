import { parseDuration } from '../playbook/duration.ts'
import { UsageError } from '../problem.ts'
import { type CronTime, dayNames, parseCronTime } from './cron-time.ts'

/** How somebody says when a job shall run; exactly one of them. */
export interface Wanted {
  /** `15m`, `6h`, `1d`. */
  readonly every?: string
  /** `03:30`, `Sun 03:30`. */
  readonly at?: string
  /** Five fields, or a nickname. */
  readonly when?: string
}

/** The time of a job, whichever way it was told. Throws UsageError. */
export function readWhen({ every, at, when }: Wanted): CronTime {
  const given = [every, at, when].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw new UsageError(
      "say when it shall run, in one way: --every 15m, --at 03:30 (or 'Sun 03:30'), or --when '*/15 * * * *'",
    )
  if (every !== undefined) return parseCronTime(everyFields(every))
  if (at !== undefined) return parseCronTime(atFields(at))
  return parseCronTime(when ?? '')
}

/** Only what divides the hour or the day: `*\/45` runs at :00 and :45, which nobody means. */
function everyFields(every: string): string {
  const seconds = parseDuration(every)
  const minutes = seconds === undefined ? 0 : seconds / 60
  if (minutes >= 1 && minutes < 60 && 60 % minutes === 0) return `${steps(minutes)} * * * *`
  const hours = minutes / 60
  if (hours >= 1 && hours < 24 && 24 % hours === 0) return `0 ${steps(hours)} * * *`
  if (hours === 24) return '0 0 * * *'
  if (hours === 24 * 7) return '0 0 * * 0'
  throw new UsageError(
    `--every ${every}: give a time that divides an hour (1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, 30m) or a day (1h, 2h, 3h, 4h, 6h, 8h, 12h), 1d or 7d; for others there is --when`,
  )
}

function steps(count: number): string {
  return count === 1 ? '*' : `*/${count}`
}

function atFields(at: string): string {
  const match = /^(?:([a-z]{3})[a-z]* +)?([01]?\d|2[0-3]):([0-5]\d)$/i.exec(at.trim())
  const day = match?.[1]?.toLowerCase()
  const number = day === undefined ? null : (dayNames as readonly string[]).indexOf(day)
  if (match === null || number === -1)
    throw new UsageError(
      `--at ${at}: give hours and minutes (03:30), with a day of the week if need be (Sun 03:30)`,
    )
  return `${Number(match[3])} ${Number(match[2])} * * ${number ?? '*'}`
}
