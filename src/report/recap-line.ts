import type { RunResult, Status } from './host-result.ts'
import { statusColors, type Paint } from './paint.ts'

const always: readonly Status[] = ['ok', 'changed', 'pending', 'unreachable', 'failed']
const whenAny: readonly Status[] = ['skipped', 'unsupported', 'unknown']

/**
 * `ok=12 changed=3 pending=0 unreachable=1 failed=1  run 20261122T190000Z-3f9c  12.3 s`, in Ansible's words; the run
 * stands on a line of its own where the screen is too narrow for both.
 */
export function recapLine(
  { totals, run, started, finished }: RunResult,
  paint: Paint,
  width: number,
): string {
  const shown = [...always, ...whenAny.filter((status) => totals[status] > 0)]
  const text = (status: Status) => `${status}=${totals[status]}`
  const painted = shown.map((status) =>
    totals[status] > 0 ? paint(text(status), statusColors[status]) : text(status),
  )
  const seconds = (Date.parse(finished) - Date.parse(started)) / 1000
  const tail = `run ${run}  ${seconds.toFixed(1)} s`
  const isNarrow = shown.map(text).join(' ').length + 2 + tail.length > width
  return `${painted.join(' ')}${isNarrow ? '\n' : '  '}${tail}`
}
