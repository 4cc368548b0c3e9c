import type { Duplex } from 'node:stream'

/** Room for a banner and a key exchange proposal, which is 1.5 KB with today's OpenSSH. */
const keptBytesAtMost = 8192

/** What a server sends first, while it is not yet encrypted: tells a broken SSH server from no SSH server at all. */
export class FirstBytes {
  readonly #socket: Duplex
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Listens along, without taking anything from the other listeners. To be called while the socket is paused. */
  start(): void {
    this.#socket.on('data', this.#onData)
  }

  stop(): void {
    this.#socket.off('data', this.#onData)
  }

  /** True when a whole line that opens with `SSH-` has come. */
  get hasBanner(): boolean {
    return /(?:^|\n)SSH-[^\n]*\n/.test(this.text())
  }

  /** True when something else has come than the beginning of a banner. */
  get notSsh(): boolean {
    const text = this.text()
    return text !== '' && !this.hasBanner && !text.startsWith('SSH-'.slice(0, text.length))
  }

  /** A byte each character. */
  text(): string {
    return this.bytes().toString('latin1')
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks).subarray(0, keptBytesAtMost)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= keptBytesAtMost) this.stop()
  }
}
