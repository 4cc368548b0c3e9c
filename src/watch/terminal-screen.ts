const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
// What comes in between is shown at once by terminals that know it, and is nothing to the others.
const [beginFrame, endFrame] = ['\u001b[?2026h', '\u001b[?2026l']

/** The only file that knows how a terminal is drawn on and listened to. */
export interface TerminalScreen extends Disposable {
  readonly size: () => { readonly columns: number; readonly rows: number }
  /** Shows these lines, and writes only those that differ from what stands there. */
  readonly draw: (lines: readonly string[]) => void
}

/**
 * Takes the whole terminal: its other screen, without cursor, keys one by one. Disposing gives it back as it was, and so
 * does the end of the process, however that comes about (but for SIGKILL).
 */
export function openScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  onKey: (key: string) => void,
  onResize: () => void,
): TerminalScreen {
  let drawn: readonly string[] = []
  let isOpen = true
  const onData = (chunk: Buffer): void => {
    for (const key of keysOf(chunk.toString('utf8'))) onKey(key)
  }
  const resized = (): void => {
    drawn = []
    output.write('\u001b[2J')
    onResize()
  }
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', close)
    input.off('data', onData)
    output.off('resize', resized)
    output.write(leave)
    input.setRawMode(false)
    input.pause()
  }

  process.once('exit', close)
  input.setRawMode(true)
  input.resume()
  input.on('data', onData)
  output.on('resize', resized)
  output.write(enter)
  return {
    size: () => ({ columns: output.columns ?? 80, rows: output.rows ?? 24 }),
    draw: (lines) => {
      if (!isOpen) return
      const changes = lines.flatMap((line, row) =>
        line === drawn[row] ? [] : [`\u001b[${row + 1};1H\u001b[0m${line}\u001b[0m\u001b[K`],
      )
      const rest = drawn.length > lines.length ? `\u001b[${lines.length + 1};1H\u001b[J` : ''
      drawn = [...lines]
      if (changes.length > 0 || rest !== '')
        output.write(`${beginFrame}${changes.join('')}${rest}${endFrame}`)
    },
    [Symbol.dispose]: close,
  }
}

const sequences: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001bOC': 'right',
  '\u001bOD': 'left',
  '\u001b[5~': 'pageup',
  '\u001b[6~': 'pagedown',
  '\u001b[H': 'home',
  '\u001b[F': 'end',
  '\u001bOH': 'home',
  '\u001bOF': 'end',
  '\u001b[1~': 'home',
  '\u001b[4~': 'end',
  '\u001b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
  '\u0003': 'ctrl-c',
}

/** The keys in what a terminal sent at once, by name; sequences that mean nothing here are left out. */
export function keysOf(text: string): string[] {
  const pieces = text.match(/\u001b\[[\d;?]*[ -/]*[@-~]|\u001bO.|\u001b|[^]/gu) ?? []
  return pieces.flatMap((piece) => {
    const known = sequences[piece]
    if (known !== undefined) return [known]
    return piece.length > 0 && !/\p{Cc}/u.test(piece) && !piece.startsWith('\u001b') ? [piece] : []
  })
}
