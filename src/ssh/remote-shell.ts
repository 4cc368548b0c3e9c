import { cancelled, HostFailure } from './failure.ts'
import type { FailureKind, Stage } from './failure.ts'
import { FramedOutput } from './framed-output.ts'
import type { BecomeDialogue } from './become-dialogue.ts'
import { printable } from '../printable.ts'
import type { Marks, Session } from './session.ts'
import { shellEnded } from './shell-ended.ts'
import { Tail } from './tail.ts'
import type { Target } from './target.ts'
import type { Exit, Wire } from './wire.ts'

/** What a host may print beside an exchange's own output: greetings of login shells and standard error. */
const noiseBytesAtMost = 16 * 1024 * 1024

interface Exchange {
  readonly script: string
  readonly output: FramedOutput
  readonly stage: 'read' | 'apply'
  readonly timer: NodeJS.Timeout
  readonly resolve: (text: string) => void
  readonly reject: (failure: HostFailure) => void
}

/** A POSIX shell at the other end of one channel. After its first failure every exchange fails the same way. */
export class RemoteShell implements Session {
  readonly #wire: Wire
  readonly #target: Target
  readonly #signal: AbortSignal
  readonly #errors = new Tail(4096)
  readonly #greeting = new Tail(1024)
  #noiseBytes = 0
  #exchange: Exchange | null = null
  /** What is left of the time to log in, until the shell has answered once. */
  #answerTimer: NodeJS.Timeout | undefined
  #answerWithinMilliseconds: number
  #answered = false
  /** What is talked over before the shell listens; null when it does. */
  #dialogue: BecomeDialogue | null
  #failure: HostFailure | null = null
  #closed = false

  constructor(
    wire: Wire,
    target: Target,
    dialogue: BecomeDialogue | null,
    signal: AbortSignal,
    answerWithinMilliseconds: number,
  ) {
    this.#wire = wire
    this.#target = target
    this.#dialogue = dialogue
    this.#signal = signal
    this.#answerWithinMilliseconds = answerWithinMilliseconds
    wire.listen({
      output: (chunk) => this.#receive(chunk),
      errors: (chunk) => this.#receiveError(chunk),
      ended: (exit) => this.#shellClosed(exit),
      lost: (reason) => this.#lose(reason),
    })
    signal.addEventListener('abort', this.#onAbort)
  }

  exchange(script: string, marks: Marks, stage: 'read' | 'apply'): Promise<string> {
    if (this.#exchange !== null) throw new Error('one exchange at a time')
    if (this.#failure !== null) return Promise.reject(this.#failedBefore(this.#failure, stage))
    if (this.#closed) throw new Error('the session is closed')
    return new Promise((resolve, reject) => {
      const { commandSeconds, outputBytes } = this.#target.limits
      const timer = setTimeout(() => this.#timeOut(`${commandSeconds} s`), commandSeconds * 1000)
      this.#exchange = {
        script: script.endsWith('\n') ? script : `${script}\n`,
        output: new FramedOutput(marks, outputBytes),
        stage,
        timer,
        resolve,
        reject,
      }
      if (!this.#answered) {
        const milliseconds = this.#answerWithinMilliseconds
        const shown = `the ${this.#target.limits.loginSeconds} s that a login may take`
        this.#answerTimer = setTimeout(() => this.#timeOut(shown), milliseconds)
      }
      if (this.#dialogue === null) this.#wire.write(this.#exchange.script)
    })
  }

  /** Says goodbye and returns at once; what the host makes of it holds up neither the caller nor the process. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#exchange === null) this.#close('politely')
    else this.#onAbort()
    return Promise.resolve()
  }

  readonly #onAbort = (): void => this.#fail(cancelled(this.#target.name, this.#stage()))

  /** Until the shell is there, all that comes belongs to the talk with whoever lets us become somebody. */
  #converse(stream: 'output' | 'errors', chunk: Buffer): void {
    const heard = this.#dialogue?.hear(stream, chunk)
    if (heard?.kind === 'answer') this.#wire.answer(heard.text)
    else if (heard?.kind === 'failed') this.#fail(heard.failure)
    else if (heard?.kind === 'there') {
      this.#dialogue = null
      if (this.#exchange !== null) this.#wire.write(this.#exchange.script)
    }
  }

  #receive(chunk: Buffer): void {
    if (this.#dialogue !== null) {
      this.#greeting.push(chunk)
      this.#countNoise(chunk)
      this.#converse('output', chunk)
      return
    }
    const exchange = this.#exchange
    if (exchange === null) {
      if (!this.#answered) this.#greeting.push(chunk)
      this.#countNoise(chunk)
      return
    }
    const said = exchange.output.push(chunk)
    if (!exchange.output.begun) {
      this.#greeting.push(chunk)
      this.#countNoise(chunk)
      return
    }
    this.#answered = true
    clearTimeout(this.#answerTimer)
    if (said === 'flood') this.#flood(`more than ${this.#target.limits.outputBytes} bytes`)
    if (said === 'whole' && this.#exchange !== null) {
      clearTimeout(exchange.timer)
      this.#exchange = null
      exchange.resolve(exchange.output.text())
    }
  }

  #receiveError(chunk: Buffer): void {
    this.#errors.push(chunk)
    this.#countNoise(chunk)
    if (this.#dialogue !== null) this.#converse('errors', chunk)
  }

  #countNoise(chunk: Buffer): void {
    this.#noiseBytes += chunk.length
    if (this.#noiseBytes > noiseBytesAtMost)
      this.#flood(`more than ${noiseBytesAtMost} bytes beside its answer`)
  }

  #flood(howMuch: string): void {
    const hint = 'look at what the start-up files of the login shell print'
    this.#fail(this.#problem('flood', this.#stage(), `${this.#target.name} printed ${howMuch}`, hint))
  }

  #timeOut(limit: string): void {
    const stage = this.#stage()
    const message =
      stage === 'login' || stage === 'become'
        ? `${this.#target.name} let us in, but its shell did not answer within ${limit}`
        : `${this.#target.name} did not finish the ${stage} script within ${limit}`
    const hint =
      stage === 'login' || stage === 'become'
        ? 'a start-up file of the login shell, or sudo, waits for something'
        : 'the host is overloaded or a file system hangs; what was started there runs to its end'
    this.#fail(this.#problem('timeout', stage, message, hint))
  }

  #lose(reason: string): void {
    if (this.#closed) return
    const hint =
      'the host, or something on the way, cut the connection; what was started there runs to its end'
    const message = `the connection to ${this.#target.name} was lost: ${printable(reason)}`
    this.#fail(this.#problem('dropped', this.#stage(), message, hint))
  }

  #shellClosed(exit: Exit): void {
    if (this.#closed) return
    const begun = this.#exchange?.output.begun ?? this.#answered
    const said = { errors: this.#errors.toString(), greeting: begun ? '' : this.#greeting.toString() }
    this.#fail(shellEnded(this.#target, exit, said, begun ? this.#stage() : null))
  }

  /** Before the shell has answered we are still on the way in. */
  #stage(): Stage {
    if (!this.#answered) return this.#target.become === null ? 'login' : 'become'
    return this.#exchange?.stage ?? 'read'
  }

  #problem(kind: FailureKind, stage: Stage, message: string, hint: string): HostFailure {
    const errors = this.#errors.toString()
    return new HostFailure(kind, stage, errors === '' ? message : `${message}; it said: ${errors}`, hint)
  }

  /** A connection that was lost between two exchanges fails the second one. */
  #failedBefore(failure: HostFailure, stage: Stage): HostFailure {
    if (!this.#answered) return failure
    return new HostFailure(failure.kind, stage, failure.message, failure.hint, failure)
  }

  /** The first failure counts; what follows from it (a close after an error) does not. */
  #fail(failure: HostFailure): void {
    if (this.#failure !== null || this.#closed) return
    this.#failure = failure
    const exchange = this.#exchange
    this.#exchange = null
    this.#close('at once')
    if (exchange === null) return
    clearTimeout(exchange.timer)
    exchange.reject(failure)
  }

  #close(manner: 'politely' | 'at once'): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#answerTimer)
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#wire.hangUp(manner)
  }
}
