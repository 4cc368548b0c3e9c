import type { Bastions } from './bastions.ts'
import { HostFailure } from './failure.ts'
import { openSession } from './open-session.ts'
import type { Session } from './session.ts'
import type { Target } from './target.ts'

/** The first try may take so long, each further one half as long again; the last one all that is left. */
const firstTrySeconds = 1
const growth = 1.5
/** Less is not worth a try. */
const leastSeconds = 0.2

/** How to try, and who is told the number of the try that is made. */
export interface Patience {
  readonly onTry: (tries: number) => void
  /** In [0, 1): hosts of a run do not come back all at the same moment. */
  readonly random: () => number
}

/**
 * As `openSession`, but a host that answers late or not at all before the login is tried again, often and briefly, as a
 * full table lets in one new connection in many. All tries together take no longer than one would, `connectSeconds`
 * and then a login. Only what cannot have run anything is tried again. Throws HostFailure.
 */
export async function openPatiently(
  target: Target,
  signal: AbortSignal,
  bastions: Bastions | undefined,
  { onTry, random }: Patience,
): Promise<Session> {
  const { connectSeconds, retries = 0 } = target.limits
  const end = performance.now() + connectSeconds * 1000
  const leftSeconds = (): number => (end - performance.now()) / 1000
  for (let tries = 1; ; tries += 1) {
    onTry(tries)
    const isLast = tries > retries
    const own = firstTrySeconds * growth ** (tries - 1)
    const seconds = isLast ? leftSeconds() : Math.min(own, leftSeconds())
    try {
      return await openSession(
        // The only try there is has all the time, whatever the clock says by now.
        tries === 1 && isLast
          ? target
          : { ...target, limits: { ...target.limits, connectSeconds: Math.max(leastSeconds, seconds) } },
        signal,
        bastions,
      )
    } catch (error) {
      if (!mayTryAgain(error) || isLast || signal.aborted || leftSeconds() < leastSeconds)
        throw tries === 1 ? error : withTries(error, tries, connectSeconds)
    }
    await nap(Math.min((0.1 + 0.3 * random()) * tries, leftSeconds() - leastSeconds), signal)
  }
}

/** The host was silent, or cut us off, before we were in: nothing of ours has run there. */
function mayTryAgain(error: unknown): boolean {
  if (!(error instanceof HostFailure)) return false
  const isBefore = error.stage === 'connect' || error.stage === 'login'
  return isBefore && (error.kind === 'timeout' || error.kind === 'dropped')
}

function withTries(error: unknown, tries: number, connectSeconds: number): unknown {
  if (!(error instanceof HostFailure)) return error
  const { kind, stage, message, hint } = error
  const whole =
    stage === 'connect' ? message.replace(/within [\d.]+ s/, `within ${connectSeconds} s`) : message
  return new HostFailure(kind, stage, `${whole} (${tries} tries)`, hint, error)
}

function nap(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.max(0, seconds) * 1000)
    signal.addEventListener('abort', done)
  })
}
