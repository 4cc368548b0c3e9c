import type { Session } from '../ssh/session.ts'
import { randomMarks } from './marks.ts'
import { confirmingScript, type Presence } from './script.ts'

/** `late`: the host has begun to put back; `gone`: it has done so, or the change was never made. */
export type Confirmed = 'done' | 'late' | 'gone'

/** Tells a host, over a new connection, that the changes made under `presence` may stay. Throws HostFailure. */
export async function confirmChanges(session: Session, presence: Presence): Promise<Confirmed> {
  const marks = randomMarks()
  const answer = await session.exchange(confirmingScript(presence, marks), marks, 'apply')
  const said = /^confirm (done|late|gone)$/m.exec(answer)?.[1]
  return said === 'done' || said === 'late' ? said : 'gone'
}
