import type { Change } from '../../plan/change.ts'
import type { FactsSummary, HostResult } from '../../report/host-result.ts'
import type { HostJob } from '../remedy-host.ts'

/** What had been told of a host before its thread died: the plan that was sent to it, and its result if it had one. */
export interface Known {
  readonly planned: { readonly facts: FactsSummary; readonly changes: readonly Change[] } | null
  readonly earlier: HostResult | null
}

/** A host whose thread died: what became of its changes is not known where some had been planned. */
export function lostWithThread({ label }: HostJob, why: string, { planned, earlier }: Known): HostResult {
  const error = {
    kind: 'internal',
    stage: planned === null ? 'read' : 'apply',
    message: `the thread that worked on this host ended: ${why}`,
    hint:
      planned === null
        ? 'Nothing was changed on this host: run again. Please report it.'
        : 'The host finishes what it was sent, or puts it back, by itself: verify tells which. Please report it.',
  } as const
  if (earlier !== null) return { ...earlier, status: 'failed', error: { ...error, stage: 'verify' } }
  return {
    ...label,
    status: planned === null ? 'failed' : 'unknown',
    facts: planned?.facts ?? null,
    changes: planned?.changes.map((change) => ({ ...change, state: 'planned' })) ?? [],
    findings: [],
    error,
  }
}
