import { UsageError } from '../problem.ts'

/** One of the five fields of a crontab(5) line. */
export interface CronField {
  /** In ascending order, each once. */
  readonly values: readonly number[]
  /** Does it begin with `*`? Then cron asks day of month and day of week both, otherwise either (crontab(5)). */
  readonly isStar: boolean
}

/** When a job runs, as crontab(5) has it. */
export interface CronTime {
  /** The five fields as they stand in a crontab. */
  readonly text: string
  readonly minute: CronField
  readonly hour: CronField
  readonly dayOfMonth: CronField
  readonly month: CronField
  /** 0 is Sunday; never 7. */
  readonly dayOfWeek: CronField
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
export const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const fields = [
  { name: 'minute', least: 0, most: 59, words: [] },
  { name: 'hour', least: 0, most: 23, words: [] },
  { name: 'day of month', least: 1, most: 31, words: [] },
  { name: 'month', least: 1, most: 12, words: monthNames },
  { name: 'day of week', least: 0, most: 7, words: dayNames },
] as const

type FieldForm = (typeof fields)[number]

/** cron's own nicknames, but for @reboot, which is no time. */
const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Reads five fields as crontab(5) has them, or a nickname like `@daily`. Throws UsageError. */
export function parseCronTime(written: string): CronTime {
  const text = nicknames[written.trim().toLowerCase()] ?? written.trim()
  const words = text.split(/[ \t]+/)
  if (words.length !== fields.length || /[\n\r]/.test(text))
    throw new UsageError(
      `--when takes the five fields of crontab(5), e.g. '*/15 * * * *', or @hourly, @daily, @weekly, @monthly; got ${JSON.stringify(written)}`,
    )
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields.map((form, index) =>
    parseField(words[index] ?? '', form),
  ) as [CronField, CronField, CronField, CronField, CronField]
  const days = [...new Set(dayOfWeek.values.map((day) => day % 7))].toSorted((one, other) => one - other)
  return {
    text: words.join(' '),
    minute,
    hour,
    dayOfMonth,
    month,
    dayOfWeek: { ...dayOfWeek, values: days },
  }
}

function parseField(word: string, form: FieldForm): CronField {
  const values = new Set<number>()
  for (const part of word.split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? []
    const [first, last] = rangeOf(range, form, part.includes('/'))
    if (!isIn(first, form) || !isIn(last, form) || first > last || Number(step) === 0)
      throw new UsageError(
        `--when: ${JSON.stringify(part)} is no ${form.name}; write numbers from ${form.least} to ${form.most}, ranges (1-5), lists (0,30) or steps (*/15)`,
      )
    for (let value = first; value <= last; value += Number(step)) values.add(value)
  }
  return { values: [...values].toSorted((one, other) => one - other), isStar: word.startsWith('*') }
}

function rangeOf(range: string, form: FieldForm, hasStep: boolean): readonly [number, number] {
  // The seventh day is the first once more: `*` need not say it twice.
  if (range === '*') return [form.least, form.words === dayNames ? 6 : form.most]
  const ends = range.split('-')
  const [first = Number.NaN, last = first] = ends.map((end) => numberOf(end, form))
  // As in Debian's cron, `5/15` is the one value and no range; a step needs one.
  return ends.length > 2 || (hasStep && ends.length === 1) ? [Number.NaN, Number.NaN] : [first, last]
}

function numberOf(word: string, form: FieldForm): number {
  const named = (form.words as readonly string[]).indexOf(word.toLowerCase())
  if (named >= 0) return named + (form.words === monthNames ? 1 : 0)
  return /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
}

function isIn(value: number, { least, most }: FieldForm): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
