import {
  countStatuses,
  type Command,
  type HostResult,
  type ResultChange,
  type RunResult,
  type Status,
} from '../../../src/report/host-result.ts'

/** A host that ended with `status`; the rest is plain unless given. */
export function madeUpHost(host: string, status: Status, rest: Partial<HostResult> = {}): HostResult {
  return {
    host,
    play: 'Raise the ceiling',
    status,
    facts: null,
    changes: [],
    findings: [],
    error: null,
    ...rest,
  }
}

/** A change of a live value; the rest is plain unless given. */
export function madeUpChange(
  key: string,
  before: string | null,
  after: string,
  rest: Partial<ResultChange> = {},
): ResultChange {
  const path = `/proc/sys/${key.replaceAll('.', '/')}`
  return {
    kind: 'live',
    key,
    path,
    before,
    after,
    reason: 'as the playbook asks',
    state: 'verified',
    ...rest,
  }
}

/** A run over `hosts` that took 12.3 seconds. */
export function madeUpRun(hosts: readonly HostResult[], command: Command = 'apply'): RunResult {
  return {
    version: 1,
    run: '20261122T190000Z-3f9c',
    command,
    playbook: 'playbooks/prevent.yml',
    started: '2026-11-22T19:00:00.000Z',
    finished: '2026-11-22T19:00:12.300Z',
    hosts,
    totals: countStatuses(hosts),
  }
}
