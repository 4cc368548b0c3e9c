import { UsageError } from '../problem.ts'
import type { RunOptions } from './options.ts'

/** Options that would be ignored are refused: somebody counts on them. Throws UsageError. */
export function refuseCronOptions({
  lockWait,
  splay,
  pingUrl,
  notifyUrl,
  notifyCommand,
  keep,
}: RunOptions): void {
  const given = {
    '--lock-wait': lockWait,
    '--splay': splay,
    '--ping-url': pingUrl,
    '--notify-url': notifyUrl,
    '--notify-command': notifyCommand,
    '--keep': keep,
  }
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (names.length > 0)
    throw new UsageError(`${names.join(', ')} goes with --cron only: add it, or leave that out`)
}
