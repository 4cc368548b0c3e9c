import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import type { Ask } from '../ssh/ask.ts'
import type { RunContext } from './context.ts'

/**
 * Asks the person at the terminal, one question at a time; null where there is nobody: no terminal, or cron. What is
 * typed is not shown while it is typed, since progress may be drawn on the same terminal.
 */
export function terminalAsk(
  { stderr }: Pick<RunContext, 'stderr'>,
  { cron }: { readonly cron?: boolean },
): Ask | null {
  if (cron === true || stderr.isTty !== true) return null
  let turn: Promise<unknown> = Promise.resolve()
  return ({ host, text, isShown }, signal) => {
    const answer = turn.then(async () => {
      signal.throwIfAborted()
      stderr.write(`${host === '' ? '' : `${host}: `}${text} \n`)
      const typed = await readLine(signal)
      if (isShown) stderr.write(`${typed}\n`)
      return typed
    })
    turn = answer.catch(() => {})
    return answer
  }
}

const ctrlC = '\u0003'
const ctrlD = '\u0004'
const ctrlU = '\u0015'
const backspace = /[\b\u007f]/

/** One line of the controlling terminal, which may be another than standard input. */
function readLine(signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const terminal = new ReadStream(openSync('/dev/tty', 'r'))
    let typed = ''
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      terminal.setRawMode(false)
      terminal.destroy()
      settle()
    }
    const onAbort = (): void => finish(() => reject(signal.reason as Error))
    signal.addEventListener('abort', onAbort)
    terminal.setRawMode(true)
    terminal.on('error', (error) => finish(() => reject(error)))
    terminal.on('data', (chunk) => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n' || character === ctrlD) {
          finish(() => resolve(typed))
          return
        }
        // A raw terminal sends no signal of its own.
        if (character === ctrlC) process.kill(process.pid, 'SIGINT')
        else if (character === ctrlU) typed = ''
        else if (backspace.test(character)) typed = Array.from(typed).slice(0, -1).join('')
        else typed += character
      }
    })
  })
}
