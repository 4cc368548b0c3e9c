import type { Bastions } from '../../../src/ssh/bastions.ts'
import { HostFailure } from '../../../src/ssh/failure.ts'
import { openSession } from '../../../src/ssh/open-session.ts'
import type { Target } from '../../../src/ssh/target.ts'

export const never = new AbortController().signal
export const marks = { begin: '@begin-51d0', end: '@end-51d0' }

/** `work` as one compound command between the marks. */
export function script(work: string): string {
  return `{ echo ${marks.begin}; ${work}; echo; echo ${marks.end} $?; }`
}

/** The failure that `work` ends with; it is an error of the test when it ends well, or badly in another way. */
export async function failureOf(work: Promise<unknown>): Promise<HostFailure> {
  let value: unknown
  try {
    value = await work
  } catch (error) {
    if (error instanceof HostFailure) return error
    throw error
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`)
}

/** Logs in and makes one exchange. */
export async function attempt(
  target: Target,
  work = 'echo done',
  signal: AbortSignal = never,
  bastions?: Bastions,
): Promise<string> {
  await using session = await openSession(target, signal, bastions)
  return await session.exchange(script(work), marks, 'read')
}
