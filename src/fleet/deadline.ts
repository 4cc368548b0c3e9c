/** Why a run was stopped by its own clock. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

/** Seconds that hosts under way have to finish in, before their connections are cut. */
const graceSeconds = 30

/** The signals of a run that may take only so long. */
export interface Deadline extends Disposable {
  /** Aborted when no further host may be begun. */
  readonly stopping: AbortSignal
  /** Aborted when the hosts under way are cut off, too; what runs on them finishes or puts back by itself. */
  readonly cut: AbortSignal
}

/** Ends a run after `seconds`, besides what its signals say; null: never. */
export function deadlineOf(
  seconds: number | null,
  { stopping, cut }: Pick<Deadline, 'stopping' | 'cut'>,
): Deadline {
  if (seconds === null) return { stopping, cut, [Symbol.dispose]: () => {} }
  const passed = new AbortController()
  const over = new AbortController()
  const timers = [
    setTimeout(() => passed.abort(new DeadlinePassed()), seconds * 1000),
    setTimeout(() => over.abort(new DeadlinePassed()), (seconds + graceSeconds) * 1000),
  ]
  return {
    stopping: AbortSignal.any([stopping, passed.signal]),
    cut: AbortSignal.any([cut, over.signal]),
    [Symbol.dispose]: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
