import { drop } from '../queue/mailbox.ts'
import { coordinatorBox, runKey } from '../queue/key-names.ts'
import type { Speaker, ToCoordinator, ToRunner } from '../queue/messages.ts'
import type { RedisLink } from '../queue/redis-link.ts'
import type { Signer } from '../queue/signed-text.ts'

/** ms after which a question is asked again: Redis, or the other side, may have lost it. */
const askAgainMs = 2000
/** ms for which a run may look as if it had gone before it counts as gone: Redis may have begun anew. */
const goneMs = 4000

type Asked = Exclude<ToCoordinator, { kind: 'stage' | 'refused' }>
type Answer = Exclude<ToRunner, { kind: 'cut' }>

/** What the coordinator of one job is asked, and what it says. It signs with the key with which it signed the job. */
export class Conversation {
  readonly #link: RedisLink
  readonly #signer: Signer
  readonly #run: string
  readonly #fingerprint: string
  #settle: ((answer: Answer) => void) | null = null
  #absentSince: number | null = null
  #isLooking = false

  constructor(link: RedisLink, signer: Signer, run: string, fingerprint: string) {
    this.#link = link
    this.#signer = signer
    this.#run = run
    this.#fingerprint = fingerprint
  }

  /** Says something that needs no answer, and may be lost. */
  tell(message: ToCoordinator): void {
    void drop(this.#link, coordinatorBox(this.#run), this.#signer.seal(JSON.stringify(message)))
  }

  hear(answer: Answer, { fingerprint }: Speaker): void {
    if (fingerprint === this.#fingerprint) this.#settle?.(answer)
  }

  /**
   * Asks again and again until `isAnswer` takes an answer, and gives it. Null when there is none in `seconds` (null: for
   * as long as it takes), when the run is gone, or when `signal` is aborted.
   */
  async ask<Wanted extends Answer>(
    message: Asked,
    isAnswer: (answer: Answer, sealed: string) => answer is Wanted,
    seconds: number | null,
    signal: AbortSignal,
  ): Promise<Wanted | null> {
    const sealed = this.#signer.seal(JSON.stringify(message))
    const beganAt = performance.now()
    const isOver = (): boolean => seconds !== null && performance.now() - beganAt > seconds * 1000
    let found: Wanted | null = null
    while (found === null && !isOver() && !signal.aborted && !this.isGone()) {
      const waiting = new Promise<Wanted | null>((resolve) => {
        const finish = (answer: Wanted | null): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', onAbort)
          resolve(answer)
        }
        const onAbort = (): void => finish(null)
        const timer = setTimeout(() => finish(null), askAgainMs)
        signal.addEventListener('abort', onAbort)
        this.#settle = (answer) => {
          if (isAnswer(answer, sealed)) finish(answer)
        }
      })
      // A Redis that does not answer must not hold up whoever may ask only for so long.
      void drop(this.#link, coordinatorBox(this.#run), sealed)
      found = await waiting
    }
    this.#settle = null
    // An answer that was long on its way, or lay here while this process was frozen, may have been taken back.
    return isOver() ? null : found
  }

  /** Has the coordinator gone, as far as is known? While Redis is away nobody can tell. */
  isGone(): boolean {
    void this.#look()
    return this.#absentSince !== null && performance.now() - this.#absentSince > goneMs
  }

  async #look(): Promise<void> {
    if (this.#isLooking || !this.#link.isReady()) return
    this.#isLooking = true
    const isThere = await this.#link.redis.exists(runKey(this.#run)).catch(() => 1)
    this.#isLooking = false
    if (isThere === 1) this.#absentSince = null
    else this.#absentSince ??= performance.now()
  }
}
