import type { Change } from '../plan/change.ts'
import type { Session } from '../ssh/session.ts'
import { changeCalls, undoCalls } from './change-calls.ts'
import type { HostFacts } from './facts.ts'
import { randomMarks } from './marks.ts'
import { parseFacts } from './parse-facts.ts'
import { type Drained, parseSteps, type StepFailure } from './parse-steps.ts'
import { newPresence } from './presence.ts'
import type { Reading } from './reading.ts'
import { changingScript, type Presence } from './script.ts'

/** What is to be changed on a host, and how carefully. */
export interface Undertaking {
  readonly changes: readonly Change[]
  /** Seconds within which a new connection has to confirm it, or the host puts back; null: it stays without. */
  readonly confirmSeconds: number | null
  /** Who does it, in a few words, for others who want to change the host. */
  readonly who: string
  /** The boot of the host for which values were planned. */
  readonly bootId: string
}

/** What became of the changes, and how the host is afterwards. */
export interface Applied {
  /** The first step that failed; the host has then put back what was done before it. */
  readonly failure: StepFailure | null
  /** Numbers (from 0) of the changes that stand. */
  readonly done: ReadonlySet<number>
  /** Numbers of changes that were made, and could not be put back when a later one failed. */
  readonly stuck: ReadonlySet<number>
  /** Mode and owner of files that were removed, by the number of their change. */
  readonly removed: ReadonlyMap<number, string>
  /** What became of entries, by the number of their change. */
  readonly drained: ReadonlyMap<number, Drained>
  readonly facts: HostFacts
  /** Set where the changes stand, and the host waits to have them confirmed under it. */
  readonly unconfirmed: Presence | null
}

/** Makes the changes and reads the host again, in one exchange. Throws HostFailure when the answer is lost. */
export async function applyChanges(
  session: Session,
  { changes, confirmSeconds, who, bootId }: Undertaking,
  reading: Reading,
): Promise<Applied> {
  const marks = randomMarks()
  const presence = newPresence(who, changes)
  const calls = {
    steps: changeCalls(changes),
    undo: undoCalls(changes, presence.tag, bootId),
    confirmSeconds,
  }
  const answer = await session.exchange(changingScript(calls, presence, reading, marks), marks, 'apply')
  const facts = parseFacts(answer, 'verify')
  const steps = parseSteps(answer, changes)
  return {
    ...steps,
    failure: steps.failure && withMovedKeys(steps.failure, changes, facts),
    facts,
    unconfirmed: /^armed$/m.test(answer) ? presence : null,
  }
}

/** The guard before the first step only says that something moved; the new reading tells what. */
function withMovedKeys(failure: StepFailure, changes: readonly Change[], { places }: HostFacts): StepFailure {
  if (failure.kind !== 'moved' || failure.index !== null) return failure
  const moved = changes.flatMap(({ kind, key, path, before }) => {
    const place = [...places.values()].find((one) => one.state === 'present' && one.path === path)
    const now = place?.state === 'present' ? place.value : 'gone'
    return kind === 'live' && before !== null && now !== before ? [`${key} from ${before} to ${now}`] : []
  })
  return moved.length === 0
    ? failure
    : { ...failure, message: `moved since it was read: ${moved.join(', ')}` }
}
