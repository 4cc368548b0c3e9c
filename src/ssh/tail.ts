import { printable } from '../printable.ts'

/** Keeps the last bytes of a stream, for messages. */
export class Tail {
  readonly #limitBytes: number
  #kept = Buffer.alloc(0)

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  push(chunk: Buffer): void {
    const rest = chunk.subarray(-this.#limitBytes)
    this.#kept = Buffer.concat([this.#kept, rest]).subarray(-this.#limitBytes)
  }

  /** One printable line; empty when nothing was said. */
  toString(): string {
    // The first character may have been cut in two.
    const text = this.#kept.toString('utf8').replace(/^\ufffd+/, '')
    const lines = text.split(/[\r\n]+/)
    return lines
      .map((line) => printable(line.trim()))
      .filter((line) => line !== '')
      .join('; ')
  }
}
