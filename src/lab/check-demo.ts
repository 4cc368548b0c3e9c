import type { RecordedRun } from '../record/read-record.ts'
import { foldHosts } from '../report/fold-hosts.ts'
import type { HostResult, Status } from '../report/host-result.ts'
import type { LabHost } from './lab-host.ts'

/** The host that is overridden at boot takes the values too, and fails for that. */
export function takesChanges({ condition }: LabHost): boolean {
  return condition.relieved === 'changed' || condition.relieved === 'failed'
}

/** As much of a result as an exit status comes from. */
export function resultWith(host: string, status: Status): HostResult {
  const error = { kind: 'not_verified', stage: 'verify', message: '', hint: '' } as const
  return {
    host,
    play: '',
    status,
    facts: null,
    changes: [],
    findings: [],
    error: status === 'failed' ? error : null,
  }
}

/** Whose files were to change and did not, and the other way round: a sentence each. */
export function compareChanges(
  step: string,
  expected: readonly LabHost[],
  changed: readonly LabHost[],
): readonly string[] {
  const names = (which: readonly LabHost[]): string => foldHosts(which.map(({ name }) => name))
  const missed = expected.filter((host) => !changed.includes(host))
  const surplus = changed.filter((host) => !expected.includes(host))
  return [
    ...(missed.length === 0 ? [] : [`${step} left ${names(missed)} as it was`]),
    ...(surplus.length === 0 ? [] : [`${step} changed files of ${names(surplus)}`]),
  ]
}

/** Which hosts were recorded otherwise than expected: a sentence each. */
export function compareStatuses(
  step: string,
  expected: readonly HostResult[],
  { result }: RecordedRun,
): readonly string[] {
  const actual = new Map(result.hosts.map(({ host, status }) => [host, status]))
  return expected
    .filter(({ host, status }) => actual.get(host) !== status)
    .map(
      ({ host, status }) =>
        `${step} recorded ${host} as ${actual.get(host) ?? 'nothing'} instead of ${status}`,
    )
}
