import type { Applied } from '../host/apply-changes.ts'
import type { HostFacts } from '../host/facts.ts'
import { describeDrained } from '../plan/describe-drained.ts'
import { fullTableBytes } from '../kernel/memory.ts'
import type { ChangeState, Finding, HostPlan } from '../plan/change.ts'
import type { FactsSummary, HostResult, ResultError, Status } from '../report/host-result.ts'
import { entrySizeOf } from '../plan/targets.ts'
import type { NeededConfirmation } from '../plan/confirmation.ts'
import type { Confirming } from './confirm-host.ts'
import { HostFailure, type Stage } from '../ssh/failure.ts'

/** The names a result carries. */
export interface Label {
  readonly host: string
  readonly play: string
}

/** A host that was read and not changed: as wished, with changes pending, or unable to take the wish. */
export function readOutcome(label: Label, facts: HostFacts, plan: HostPlan): HostResult {
  return {
    ...label,
    facts: summariseFacts(facts),
    changes: plan.changes.map((change) => ({ ...change, state: 'planned' })),
    findings: plan.findings,
    ...statusOfPlan(plan),
  }
}

/** A host that was changed and read again; `left` is the plan made of that second reading. */
export function appliedOutcome(label: Label, plan: HostPlan, applied: Applied, left: HostPlan): HostResult {
  const { failure, done, stuck, removed, drained } = applied
  const open = new Set(left.changes.map(({ path }) => path))
  const stateOf = (index: number, path: string): ChangeState => {
    if (index === failure?.index) return 'failed'
    if (failure) return stuck.has(index) ? 'applied' : 'planned'
    if (!done.has(index)) return 'failed'
    return open.has(path) || left.verdict !== 'possible' ? 'applied' : 'verified'
  }
  const changes = plan.changes.map((change, index) => {
    const attributes = removed.get(index)
    const known = attributes === undefined ? {} : { attributes }
    return { ...change, ...known, state: stateOf(index, change.path) }
  })
  const error = failure
    ? failedStep(
        applied,
        changes.filter(({ state }) => state === 'applied').map(({ key }) => key),
      )
    : notVerified(left)
  return {
    ...label,
    status: error ? 'failed' : 'changed',
    facts: summariseFacts(applied.facts),
    changes,
    findings: [
      ...[...drained].flatMap(([index, counts]) => describeDrained(plan.changes[index]?.key ?? '', counts)),
      ...left.findings,
    ],
    error,
  }
}

/** A host that was changed and that no new connection could get in to: it has put back, or will. */
export function unconfirmedOutcome(
  outcome: HostResult,
  { withinSeconds, reasons }: NeededConfirmation,
  { state, why, facts }: Exclude<Confirming, { readonly state: 'confirmed' }>,
  replan: (facts: HostFacts) => HostPlan,
): HostResult {
  const open = facts === null ? null : new Set(replan(facts).changes.map(({ path }) => path))
  const isBack = state === 'reverted'
  return {
    ...outcome,
    status: 'failed',
    facts: facts === null ? outcome.facts : summariseFacts(facts),
    changes: outcome.changes.map((change) => ({
      ...change,
      state: isBack || open?.has(change.path) === true ? 'planned' : 'applied',
    })),
    error: {
      kind: 'not_confirmed',
      stage: 'verify',
      message: `changed, but no new connection got in within ${withinSeconds} s: ${why}`,
      hint: `${
        isBack
          ? 'The host has put everything back by itself.'
          : 'The host puts everything back by itself; verify shows it.'
      } It was to be confirmed because of this: ${reasons.join('; ')}`,
    },
  }
}

/** A host that could not be reached, or was lost on the way; `stage` is how far it had got, `plan` what had been sent to it. */
export function failedOutcome(
  label: Label,
  error: unknown,
  stage: Stage,
  facts: HostFacts | null,
  plan: HostPlan | null,
): HostResult {
  const failure =
    error instanceof HostFailure
      ? error
      : {
          kind: 'internal' as const,
          stage,
          message: text(error),
          hint: 'This is a fault of conntrackctl: please report it.',
        }
  const isUnreachable =
    error instanceof HostFailure && (failure.stage === 'connect' || failure.stage === 'login')
  const status: Status = isUnreachable ? 'unreachable' : plan ? 'unknown' : 'failed'
  return {
    ...label,
    status,
    facts: facts && summariseFacts(facts),
    changes: plan?.changes.map((change) => ({ ...change, state: 'planned' })) ?? [],
    findings: plan?.findings ?? [],
    error: { kind: failure.kind, stage: failure.stage, message: failure.message, hint: failure.hint },
  }
}

/** A host whose turn never came. */
export function skippedOutcome(label: Label, why: Finding): HostResult {
  return { ...label, status: 'skipped', facts: null, changes: [], findings: [why], error: null }
}

function statusOfPlan(plan: HostPlan): Pick<HostResult, 'status' | 'error'> {
  const first = plan.findings.find(({ severity }) => severity === 'error')
  const error = (kind: ResultError['kind']): ResultError => ({
    kind,
    stage: 'read',
    message: first?.message ?? '',
    hint: first?.hint ?? '',
  })
  switch (plan.verdict) {
    case 'unsupported':
      return { status: 'unsupported', error: null }
    case 'refused':
      return { status: 'failed', error: error('refused_by_guard') }
    case 'needs_root':
      return { status: 'failed', error: error('become') }
    case 'possible':
      if (plan.changes.length > 0) return { status: 'pending', error: null }
      return first ? { status: 'failed', error: error('not_verified') } : { status: 'ok', error: null }
  }
}

/** What a second plan found still undone, or that will be undone at boot. */
function notVerified(left: HostPlan): ResultError | null {
  const finding = left.findings.find(({ severity }) => severity === 'error')
  if (left.changes.length === 0 && !finding) return null
  const open = left.changes.map(({ kind, key, before, after }) =>
    kind === 'file' || kind === 'rule'
      ? `${key} ${kind === 'rule' ? 'are' : 'is'} ${before === null ? 'missing' : 'not what was written'}`
      : `${key} is ${before ?? 'missing'}, not ${after}`,
  )
  return {
    kind: 'not_verified',
    stage: 'verify',
    message: finding?.message ?? `after the change, ${open[0] ?? ''}`,
    hint:
      finding?.hint ?? 'Something on the host sets it back, or its kernel takes it otherwise: verify again.',
  }
}

function failedStep({ failure, stuck }: Applied, stuckKeys: readonly string[]): ResultError {
  return {
    kind: failure?.kind ?? 'internal',
    stage: 'apply',
    message: failure?.message ?? '',
    hint:
      stuck.size === 0
        ? `${failure?.hint ?? ''} Nothing of this run is left on the host.`
        : `${failure?.hint ?? ''} Not put back: ${stuckKeys.join(', ')}.`,
  }
}

/** The few facts that a result shows. */
export function summariseFacts(facts: HostFacts): FactsSummary {
  const { kernel, count, max, hashsize } = facts
  const memory = max === null || hashsize === null ? null : fullTableBytes(max, hashsize, entrySizeOf(facts))
  return {
    kernel,
    count,
    max,
    hashsize,
    memory_bytes: memory,
    boot_id: facts.bootId,
    statistics: facts.statistics,
  }
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
