import type { HostResult, RunResult } from './host-result.ts'
import { jsonText } from './json-text.ts'

/**
 * `--output jsonl`: one host a line in the order in which hosts finish, each line the same object as in `hosts` of
 * `--output json`, then one summary line. The key tells the lines apart: a host's has `host`, the summary's has
 * `summary`. A host that was read again after a while (`settle`, `verify.hold`) has a second line, which counts. A stream without a summary is that of a run that did not come to its end.
 */
export function hostLine(result: HostResult): string {
  return `${jsonText(result)}\n`
}

/** The last line: `{"summary": …}`, which is the result of the run without its hosts. */
export function summaryLine(result: Omit<RunResult, 'hosts'>): string {
  const { version, run, command, playbook, started, finished, totals, notes } = result
  return `${jsonText({ summary: { version, run, command, playbook, started, finished, totals, notes } })}\n`
}
