import type { Session } from '../ssh/session.ts'
import type { HostFacts } from './facts.ts'
import { randomMarks } from './marks.ts'
import { parseFacts } from './parse-facts.ts'
import type { Reading } from './reading.ts'
import { readingScript } from './script.ts'

/** Reads everything in one exchange and changes nothing. Throws HostFailure. */
export async function readHost(session: Session, reading: Reading): Promise<HostFacts> {
  const marks = randomMarks()
  return parseFacts(await session.exchange(readingScript(reading, marks), marks, 'read'), 'read')
}
