import { inspect } from 'node:util'

/**
 * A password or passphrase. It shows itself as `***` wherever a value is printed, put into a string
 * or made JSON of; only `reveal` gives it, and is called where it goes to a prompt or opens a key.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '***'
  }

  toJSON(): string {
    return '***'
  }

  [inspect.custom](): string {
    return 'Secret(***)'
  }
}
