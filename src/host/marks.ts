import { randomBytes } from 'node:crypto'
import type { Marks } from '../ssh/session.ts'

/** Lines to frame one exchange, random so that no file on the host can hold them. */
export function randomMarks(): Marks {
  const word = randomBytes(12).toString('hex')
  return { begin: `conntrackctl-begin-${word}`, end: `conntrackctl-end-${word}` }
}
