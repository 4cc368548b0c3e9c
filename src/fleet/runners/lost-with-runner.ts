import type { HostResult, ResultError } from '../../report/host-result.ts'
import type { Known } from '../threads/lost-with-thread.ts'
import type { HostJob } from '../remedy-host.ts'

/** Why nothing more is heard of a host: what is at fault, and the fact. */
export interface Loss {
  readonly kind: Extract<ResultError['kind'], 'runner' | 'queue' | 'cancelled'>
  readonly message: string
  readonly hint: string
}

/**
 * A host that nothing more was heard of. `isPermitted`: its changes had been allowed to begin, so they may stand, or be
 * put back; without that, no runner changes it, not even one that is heard of later.
 */
export function lostWithRunner(
  { label }: HostJob,
  { planned, earlier }: Known,
  isPermitted: boolean,
  { kind, message, hint }: Loss,
): HostResult {
  if (earlier !== null)
    return { ...earlier, status: 'failed', error: { kind, stage: 'verify', message, hint } }
  const changes = planned?.changes.map((change) => ({ ...change, state: 'planned' as const })) ?? []
  return {
    ...label,
    status: isPermitted ? 'unknown' : 'failed',
    facts: planned?.facts ?? null,
    changes: isPermitted ? changes : [],
    findings: [],
    error: {
      kind,
      stage: isPermitted ? 'apply' : 'connect',
      message,
      hint: isPermitted
        ? 'The host finishes what it was sent, or puts it back, by itself: verify tells which.'
        : `This run changed nothing on it. ${hint}`,
    },
  }
}

/** A runner says that it changed a host, which it had not been allowed to: nothing it says of that host counts. */
export function claimedWithoutLeave({ host, play }: HostResult, runner: string): HostResult {
  return {
    ...{ host, play, status: 'unknown', facts: null, changes: [], findings: [] },
    error: {
      kind: 'runner',
      stage: 'apply',
      message: `the runner ${runner} says that it changed this host, which it had not been allowed to`,
      hint: 'Do not trust that runner until you know why; verify without it how the host stands.',
    },
  }
}
