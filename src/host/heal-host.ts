import type { Session } from '../ssh/session.ts'
import type { HostFacts } from './facts.ts'
import { randomMarks } from './marks.ts'
import { parseFacts } from './parse-facts.ts'
import { newPresence } from './presence.ts'
import type { Reading } from './reading.ts'
import { healingScript } from './script.ts'

/**
 * Lets a host put back what a killed run left half done, and reads it again. Leaves it alone where somebody else is at
 * work there by now: the facts tell. Throws HostFailure.
 */
export async function healHost(session: Session, who: string, reading: Reading): Promise<HostFacts> {
  const marks = randomMarks()
  const script = healingScript(newPresence(who, []), reading, marks)
  return parseFacts(await session.exchange(script, marks, 'apply'), 'apply')
}
