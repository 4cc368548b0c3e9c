import type { HostResult, RunResult } from './report/host-result.ts'

interface ExitCode {
  readonly code: number
  readonly meaning: string
}

/** Every exit status of the program: the one table that the documentation and `--help` print. Never renumbered. */
export const exitCodes = {
  as_desired: { code: 0, meaning: 'every host is as desired' },
  internal: {
    code: 1,
    meaning: 'internal error: a fault of the program, or its report or saved plan could not be written',
  },
  failed: { code: 2, meaning: 'a host failed, cannot take the settings, or ended in an unknown state' },
  unreachable: { code: 3, meaning: 'hosts were unreachable; nothing else went wrong' },
  failed_and_unreachable: { code: 4, meaning: 'hosts failed and hosts were unreachable' },
  not_verified: { code: 5, meaning: 'changed, but the fresh reading still differs' },
  refused: { code: 6, meaning: 'stopped by a safety rule' },
  pending: {
    code: 10,
    meaning:
      'changes are pending or a host has drifted (plan, verify), or a table is over a threshold (check)',
  },
  usage: { code: 64, meaning: 'the command line cannot be understood' },
  input: { code: 65, meaning: 'a playbook or inventory cannot be used; no host was contacted' },
  queue: {
    code: 69,
    meaning: 'the queue of the runners cannot be used, or no runner serves a zone; no host was contacted',
  },
  locked: { code: 75, meaning: 'another run holds the lock' },
  interrupted: { code: 130, meaning: 'stopped by SIGINT (Ctrl-C)' },
  terminated: { code: 143, meaning: 'stopped by SIGTERM' },
} as const satisfies Record<string, ExitCode>

/**
 * The exit status of a run that came to its end. Of several reasons the gravest counts: any failure beside an
 * unreachable host is 4, then failed (2) or unreachable (3), then not verified (5), stopped by a safety
 * rule (6), changes pending (10). `unsupported` counts as failed, since the host did not get what was asked;
 * `unknown` does, since nobody can tell whether it did; `skipped` counts as nothing, unless the
 * deadline passed or a saved plan has nothing for the host.
 */
export function exitCodeOf({ hosts }: Pick<RunResult, 'hosts'>): number {
  const gravities = new Set(hosts.map(gravityOf))
  const failures = ['failed', 'not_verified', 'refused'] as const
  const isFailed = failures.some((gravity) => gravities.has(gravity))
  if (isFailed && gravities.has('unreachable')) return exitCodes.failed_and_unreachable.code
  const order = ['failed', 'unreachable', 'not_verified', 'refused', 'pending'] as const
  return exitCodes[order.find((gravity) => gravities.has(gravity)) ?? 'as_desired'].code
}

/** Of hosts that were skipped: findings that no failure of another host goes with. */
const unlikeWished: ReadonlySet<string> = new Set(['deadline-passed', 'not-planned'])

type Gravity = 'as_desired' | 'pending' | 'refused' | 'not_verified' | 'unreachable' | 'failed'

function gravityOf({ status, error, findings }: HostResult): Gravity {
  switch (status) {
    case 'ok':
    case 'changed':
      return 'as_desired'
    case 'skipped':
      // Nothing failed that would tell otherwise.
      return findings.some(({ code }) => unlikeWished.has(code)) ? 'failed' : 'as_desired'
    case 'pending':
      return 'pending'
    case 'unreachable':
      return 'unreachable'
    case 'unsupported':
    case 'unknown':
      return 'failed'
    case 'failed':
      if (error?.kind === 'not_verified' || error?.kind === 'still_dropping') return 'not_verified'
      return error?.kind === 'refused_by_guard' ? 'refused' : 'failed'
  }
}
