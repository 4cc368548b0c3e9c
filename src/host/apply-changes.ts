import type { Change } from '../plan/change.ts'
import type { Session } from '../ssh/session.ts'
import { changeCalls } from './change-calls.ts'
import type { HostFacts } from './facts.ts'
import { randomMarks } from './marks.ts'
import { parseFacts } from './parse-facts.ts'
import { parseSteps, type StepFailure } from './parse-steps.ts'
import type { Reading } from './reading.ts'
import { changingScript } from './script.ts'

/** What became of the changes, and how the host is afterwards. */
export interface Applied {
  /** The first step that failed; the host has then put back what was done before it. */
  readonly failure: StepFailure | null
  /** Numbers (from 0) of the changes that stand. */
  readonly done: ReadonlySet<number>
  /** Numbers of changes that were made, and could not be put back when a later one failed. */
  readonly stuck: ReadonlySet<number>
  readonly facts: HostFacts
}

/** Makes the changes and reads the host again, in one exchange. Throws HostFailure when the answer is lost. */
export async function applyChanges(
  session: Session,
  changes: readonly Change[],
  reading: Reading,
): Promise<Applied> {
  const marks = randomMarks()
  const script = changingScript(changeCalls(changes), reading, marks)
  const answer = await session.exchange(script, marks, 'apply')
  return { ...parseSteps(answer, changes), facts: parseFacts(answer, 'verify') }
}
