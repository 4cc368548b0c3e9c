import { randomBytes } from 'node:crypto'
import { failedOutcome, type Label } from '../fleet/host-outcome.ts'
import type { HostJob } from '../fleet/remedy-host.ts'
import { remedyOf } from '../fleet/remedy-of.ts'
import { type ConnectionDefaults, targetOf } from '../inventory/target.ts'
import { InputError } from '../problem.ts'
import type { JobMessage, ToRunner } from '../queue/messages.ts'
import { hashOf } from '../queue/signed-text.ts'
import type { HostResult } from '../report/host-result.ts'
import { HostFailure } from '../ssh/failure.ts'
import type { Conversation } from './conversation.ts'
import type { Doing, RunAtWork } from './run-at-work.ts'

/** A job that a runner has taken, and may not have begun. */
export interface Taken {
  readonly job: JobMessage
  readonly sealed: string
  readonly nonce: string
  readonly runner: string
  readonly talk: Conversation
  /** How this runner gets in to hosts. */
  readonly defaults: ConnectionDefaults
  readonly runAtWork: () => RunAtWork
  /** Aborted when nothing more may be begun. */
  readonly stopping: AbortSignal
  /** Aborted when this runner has no time left. */
  readonly leaving: AbortSignal
}

/** How a job ended here. */
export type Ended = 'dropped' | 'told' | 'not_told'

/** Of one taking of one job; 128 bits that nobody can have seen before. */
export function newNonce(): string {
  return randomBytes(16).toString('hex')
}

/**
 * Asks whether the job may begin, does it, and tells the result until it is known to have arrived. Nothing is done
 * where the coordinator does not say so now, to this very taking. Never throws.
 */
export async function doJob(taken: Taken): Promise<Ended> {
  const { job, sealed, nonce, runner, talk, stopping, leaving } = taken
  const taking = { run: job.run, job: job.job, nonce }
  const hash = hashOf(sealed)
  const isGo = (answer: ToRunner): answer is Extract<ToRunner, { kind: 'go' | 'no' }> =>
    (answer.kind === 'go' && answer.hash === hash) || answer.kind === 'no'
  const go = await talk.ask({ kind: 'take', ...taking, runner, hash }, isGo, job.timeoutSeconds, stopping)
  if (go?.kind !== 'go') return 'dropped'

  const result = await resultOf(taken)
  const isGot = (answer: ToRunner): answer is Extract<ToRunner, { kind: 'got' }> => answer.kind === 'got'
  const got = await talk.ask({ kind: 'ended', ...taking, runner, result }, isGot, null, leaving)
  return got === null ? 'not_told' : 'told'
}

async function resultOf(taken: Taken): Promise<HostResult> {
  const { job, nonce, talk, runAtWork, leaving } = taken
  const { run, timeoutSeconds, revisit } = job
  const taking = { run, job: job.job, nonce }
  // The object itself tells this job from others on the same host.
  const label: Label = { ...job.label }
  let isUnanswered = false
  try {
    const hostJob = await hostJobOf(taken, label)
    const atWork = runAtWork()
    const doing: Doing = {
      job,
      onStage: (_, stage) => talk.tell({ kind: 'stage', ...taking, stage }),
      onPlanned: async (_, facts, changes) => {
        const message = { kind: 'planned' as const, ...taking, facts, changes: [...changes] }
        const isKept = (answer: ToRunner, asked: string): answer is Extract<ToRunner, { kind: 'kept' }> =>
          answer.kind === 'kept' && answer.plan === hashOf(asked)
        const answer = await talk.ask(message, isKept, timeoutSeconds, leaving)
        isUnanswered = answer === null
        return answer?.isKept === true
      },
    }
    const result = await atWork.during(label, doing, () =>
      revisit === null
        ? atWork.executor.remedy(hostJob)
        : atWork.executor.revisit(hostJob, revisit.earlier, revisit),
    )
    return isUnanswered && result.error?.kind === 'not_recorded'
      ? { ...result, error: notAllowed(timeoutSeconds) }
      : result
  } catch (error) {
    return failedOutcome(label, error, 'connect', null, null)
  }
}

/** The host as this runner reaches it: the facts that came with the job, and its own login. */
async function hostJobOf({ job, defaults }: Taken, label: Label): Promise<HostJob> {
  const { vars, spec, confirmSeconds } = job
  const target = await targetOf({ name: label.host, groups: [], vars }, defaults).catch((error: unknown) => {
    if (!(error instanceof InputError)) throw error
    const what = error.problems.map((problem) => problem.what).join('; ')
    throw new HostFailure(
      'settings',
      'connect',
      `its runner cannot use what is set for it: ${what}`,
      error.problems[0]?.remedy ?? '',
    )
  })
  return { label, target, remedy: remedyOf(spec), confirmSeconds }
}

function notAllowed(seconds: number): NonNullable<HostResult['error']> {
  return {
    kind: 'queue',
    stage: 'apply',
    message: `the coordinator did not say within ${seconds} s that its changes may be made, so it was not changed`,
    hint: 'Redis, or the way to it, was away for too long: run again.',
  }
}
