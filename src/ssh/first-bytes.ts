import type { Socket } from 'node:net'

const keptBytesAtMost = 4096

/** The beginning of what a server sends, as long as it is not encrypted: tells a broken SSH server from no SSH at all. */
export class FirstBytes {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Listens along, without taking anything from the other listeners. To be called while the socket is paused. */
  start(): void {
    this.#socket.on('data', this.#onData)
  }

  stop(): void {
    this.#socket.off('data', this.#onData)
  }

  get empty(): boolean {
    return this.#bytes === 0
  }

  /** True when a whole line that opens with `SSH-` has come. */
  get hasBanner(): boolean {
    return /(?:^|\n)SSH-[^\n]*\n/.test(this.text())
  }

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
