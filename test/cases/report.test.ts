import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { countStatuses, type RunResult } from '../../src/report/host-result.ts'
import { runResultSchema } from '../../src/report/result-schema.ts'
import { renderText } from '../../src/report/text.ts'

/**
 * Each folder of test/cases/report is a run: `result.yml` is how its hosts ended, `report.txt` what an operator gets
 * to see of it at 80 columns, `verbose.txt` with `-v --diff` and unlimited width.
 */
const folder = new URL('report/', import.meta.url)
const names = readdirSync(folder).sort()

describe('a result makes a report', () => {
  test.each(names)('%s', async (name) => {
    const { hosts, ...rest } = parse(readFileSync(new URL(`${name}/result.yml`, folder), 'utf8'))
    const run: RunResult = runResultSchema.parse({
      ...defaults,
      ...rest,
      hosts: hosts.map(complete),
      totals: countStatuses(hosts),
    })
    const report = renderText(run, { color: false, width: 80, verbosity: 0, diff: false })
    const verbose = renderText(run, { color: false, width: Infinity, verbosity: 1, diff: true })
    await expect(report).toMatchFileSnapshot(new URL(`${name}/report.txt`, folder).pathname)
    await expect(verbose).toMatchFileSnapshot(new URL(`${name}/verbose.txt`, folder).pathname)
  })
})

const defaults = {
  version: 1,
  run: '20261122T190000Z-3f9c',
  command: 'apply',
  playbook: 'playbooks/prevent.yml',
  started: '2026-11-22T19:00:00.000Z',
  finished: '2026-11-22T19:00:12.300Z',
}

/** Fills in what a case does not care about. */
function complete({ changes = [], ...host }: { changes?: object[] }): object {
  const state = { state: 'verified', reason: 'as the play wishes', kind: 'live', before: null }
  return {
    play: 'Raise the ceiling',
    facts: null,
    findings: [],
    error: null,
    ...host,
    changes: changes.map((change) => ({ path: '/somewhere', ...state, ...change })),
  }
}
