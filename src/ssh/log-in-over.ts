import { algorithmsFor } from './algorithms.ts'
import { authenticationFor } from './authentication.ts'
import type { Bastions } from './bastions.ts'
import { expectedKeyTypes } from './host-keys.ts'
import { logIn } from './log-in.ts'
import type { KeyExpectation, LoginResult, StartWork } from './log-in.ts'
import { openStream } from './open-stream.ts'
import type { Target } from './target.ts'

/**
 * Connects to a target by its route and logs in, a second time where its known key is not the first it shows.
 * Throws HostFailure.
 */
export async function logInOver<Made>(
  target: Target,
  start: StartWork<Made>,
  bastions: Bastions,
  signal: AbortSignal,
): Promise<Made> {
  const attempt = async (expected: KeyExpectation): Promise<LoginResult<Made>> => {
    // Whatever can fail without the host fails before it is contacted.
    const offer = algorithmsFor(target, expected.types)
    const authentication = await authenticationFor(target, bastions.ask !== null)
    const { stream, explain, release } = await openStream(target, bastions, signal)
    stream.once('close', release)
    try {
      return await logIn(
        stream,
        { target, authentication, expected, offer, ask: bastions.ask, start },
        signal,
      )
    } catch (error) {
      release()
      throw explain(error)
    }
  }
  const first = await attempt({ types: expectedKeyTypes(target), lastTry: false })
  if ('made' in first) return first.made
  const second = await attempt({ types: first.knownKeyTypes, lastTry: true })
  if ('made' in second) return second.made
  throw new Error('a last login asked for another one')
}
