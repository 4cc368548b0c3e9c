import { ProcessOutput } from 'listr2'

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const cursorOnly = /^(?:\u001b\[\?25[lh])+$/
// What log-update puts before each frame: erase a line, go up, and so on, then to the first column.
const erasure = /^(?:\u001b\[2K(?:\u001b\[1A)?)*(?:\u001b\[G)?/

/**
 * Where listr2 draws: one stream and nothing else, since stdout is for the result. listr2's own holds back what
 * others write there until all is over, so that an operator who presses Ctrl-C would not see the answer; this one
 * puts it above the drawing at once. Reads the size of the terminal anew for each frame.
 */
export class LiveOutput extends ProcessOutput {
  readonly #target: NodeJS.WriteStream
  readonly #write: NodeJS.WriteStream['write']
  readonly #canvas: NodeJS.WriteStream
  #frame = ''

  constructor(target: NodeJS.WriteStream) {
    super(target, target)
    this.#target = target
    this.#write = target.write.bind(target)
    const draw = (chunk: string): boolean => {
      this.#frame = chunk.replace(erasure, '')
      return this.#write(chunk)
    }
    this.#canvas = Object.create(target, { write: { value: draw } })
  }

  override get stdout(): NodeJS.WriteStream {
    return this.#canvas
  }

  override get stderr(): NodeJS.WriteStream {
    return this.#canvas
  }

  override hijack(): void {
    this.active = true
    this.#write(hideCursor)
    this.#target.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      const done = rest.find((argument): argument is () => void => typeof argument === 'function')
      const isDrawn = cursorOnly.test(text) ? this.#write(text) : this.#writeAbove(text)
      done?.()
      return isDrawn
    }
  }

  override release(): void {
    if (!this.active) return
    this.active = false
    this.#target.write = this.#write
    this.#write(showCursor)
  }

  override toStdout(text: string, isLine = true): boolean {
    return this.#write(isLine ? `${text}\n` : text)
  }

  #writeAbove(text: string): boolean {
    const rows = this.#frame === '' ? 0 : this.#frame.split('\n').length
    const erase = rows === 0 ? '' : `${'\u001b[2K\u001b[1A'.repeat(rows - 1)}\u001b[2K\u001b[G`
    return this.#write(`${erase}${text}${text.endsWith('\n') ? '' : '\n'}${this.#frame}`)
  }
}
