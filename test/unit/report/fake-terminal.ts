import { Writable } from 'node:stream'

/**
 * A terminal that is only a list of lines: it obeys what our drawing may use (erase a line, up, first column, line
 * end, colour, cursor on and off) and throws at anything else.
 */
export class FakeTerminal extends Writable {
  readonly isTTY = true
  columns: number
  rows: number
  cursor: 'shown' | 'hidden' = 'shown'
  /** The most lines that stood at any time. */
  tallest = 0
  readonly #lines: string[] = ['']
  #row = 0
  #column = 0

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false })
    this.columns = columns
    this.rows = rows
  }

  /** What stands on it, without blank ends. */
  get screen(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    for (const [token] of chunk.matchAll(/\u001b\[[\d;?]*[A-Za-z]|\n|[^\n\u001b]+|\u001b/g)) this.#obey(token)
    this.tallest = Math.max(this.tallest, this.screen.split('\n').length)
    done()
  }

  #obey(token: string): void {
    if (token === '\n') {
      this.#row += 1
      this.#column = 0
      this.#lines[this.#row] ??= ''
    } else if (token === '\u001b[2K') this.#lines[this.#row] = ''
    else if (token === '\u001b[1A') this.#row = Math.max(this.#row - 1, 0)
    else if (token === '\u001b[G') this.#column = 0
    else if (token === '\u001b[?25l') this.cursor = 'hidden'
    else if (token === '\u001b[?25h') this.cursor = 'shown'
    else if (/^\u001b\[\d+m$/.test(token)) return
    else if (token.startsWith('\u001b')) throw new Error(`an unexpected sequence: ${JSON.stringify(token)}`)
    else {
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column)
      this.#lines[this.#row] = line.slice(0, this.#column) + token + line.slice(this.#column + token.length)
      this.#column += token.length
    }
  }
}
