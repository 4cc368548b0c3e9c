import { type CronField, type CronTime, dayNames } from './cron-time.ts'

/**
 * The values of systemd's OnCalendar= (systemd.time(7)) that mean the same as a line of a crontab. Two where cron takes
 * either day: a job on the 1st and on Mondays, which systemd would run on a 1st that is a Monday only.
 */
export function calendarLines(time: CronTime): readonly string[] {
  const { dayOfMonth, dayOfWeek } = time
  const isEither = !dayOfMonth.isStar && !dayOfWeek.isStar
  if (!isEither) return [line(time, dayOfMonth, dayOfWeek)]
  return [line(time, dayOfMonth, null), line(time, null, dayOfWeek)]
}

function line(
  { minute, hour, month }: CronTime,
  dayOfMonth: CronField | null,
  dayOfWeek: CronField | null,
): string {
  const days =
    dayOfWeek === null || dayOfWeek.values.length === dayNames.length
      ? ''
      : `${dayOfWeek.values.map((day) => capital(dayNames[day] ?? '')).join(',')} `
  const date = `*-${numbers(month, 12)}-${dayOfMonth === null ? '*' : numbers(dayOfMonth, 31)}`
  return `${days}${date} ${numbers(hour, 24)}:${numbers(minute, 60)}:00`
}

/** All values there are, `first/step` to the last one there can be, or a list. */
function numbers({ values }: CronField, count: number): string {
  if (values.length === count) return '*'
  const [first = 0, second] = values
  const step = second === undefined ? 0 : second - first
  const isEven =
    values.length > 2 &&
    values.every((value, index) => index === 0 || value - (values[index - 1] ?? 0) === step)
  const most = count === 12 || count === 31 ? count : count - 1
  const isToEnd = (values.at(-1) ?? 0) + step > most
  if (isEven && isToEnd) return `${twoDigits(first)}/${step}`
  if (isEven && step === 1) return `${twoDigits(first)}..${twoDigits(values.at(-1) ?? 0)}`
  return values.map(twoDigits).join(',')
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`
}
