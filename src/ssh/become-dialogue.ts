import { promptKind } from './answer-prompts.ts'
import { noBecomePassword, wrongBecomePassword } from './become-failure.ts'
import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/** What came of some text: nothing yet, an answer to be sent, the shell, or the end of the talk. */
export type Heard =
  | { readonly kind: 'more' }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'there' }
  | { readonly kind: 'failed'; readonly failure: HostFailure }

/** As much of what was said as a prompt or the mark may take, characters. */
const keptCharacters = 4096

/**
 * The talk with sudo, su or doas until the shell says that it is there. The password is given once, and to a prompt
 * only. sudo's is known by the words that we gave it. That of su, of doas, or of a PAM module that does not heed ours
 * is an unfinished line that asks for a password in one of many languages; after su and doas any that ends in a colon.
 */
export class BecomeDialogue {
  readonly #target: Target
  readonly #mark: RegExp
  readonly #prompt: string
  readonly #tty: boolean
  readonly #heard = { output: '', errors: '' }
  #given = false

  constructor(target: Target, tty: boolean, mark: string, prompt: string) {
    this.#target = target
    this.#tty = tty
    this.#mark = new RegExp(`${mark}\\r?\\n`)
    this.#prompt = prompt
  }

  /** Takes what came on one of the two streams. */
  hear(stream: 'output' | 'errors', chunk: Buffer): Heard {
    const text = (this.#heard[stream] + chunk.toString('utf8')).slice(-keptCharacters)
    this.#heard[stream] = text
    if (stream === 'output' && this.#mark.test(text)) return { kind: 'there' }
    // Off a terminal, standard output is the login shell's greeting.
    const asked = stream === 'errors' || this.#tty ? this.#question(text) : null
    if (asked === null) return { kind: 'more' }
    this.#heard[stream] = ''
    return this.#reply(asked)
  }

  /** The words of a prompt that waits for an answer; null where there is none. */
  #question(text: string): string | null {
    const { become } = this.#target
    if (become === null) return null
    if (text.endsWith(this.#prompt)) return 'password'
    const line = (/[^\r\n]*$/.exec(text)?.[0] ?? '').trim()
    // The beginning of what the program has to say, which comes in pieces: `doas: `.
    if (!/[:：]$/.test(line) || line === `${become.program.replace(/^.*\//, '')}:`) return null
    return become.method !== 'sudo' || promptKind({ prompt: line }) !== 'other' ? line : null
  }

  #reply(asked: string): Heard {
    const { become, name } = this.#target
    const shown = printable(asked).slice(0, 200)
    const kind = promptKind({ prompt: asked })
    if (kind === 'new password' || (kind === 'other' && /code|token|otp|factor|\bpin\b/i.test(asked))) {
      const message = `${become?.method} on ${name} asks: ${shown}; that is more than a password`
      const hint = 'let this user in there with a password alone, or without one'
      return { kind: 'failed', failure: new HostFailure('prompt', 'become', message, hint) }
    }
    const password = become?.password ?? null
    if (password === null) return { kind: 'failed', failure: noBecomePassword(this.#target, shown) }
    if (this.#given) return { kind: 'failed', failure: wrongBecomePassword(this.#target) }
    this.#given = true
    return { kind: 'answer', text: `${password.reveal()}\n` }
  }
}
