import { openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'

/**
 * Asks for a password on the terminal of this session, whatever stdin and stdout are, without showing what is typed.
 * Null where there is no terminal, or where the question was broken off with Ctrl-C or Ctrl-D.
 */
export async function askOnTerminal(question: string): Promise<string | null> {
  let input: ReadStream
  let output: WriteStream
  try {
    input = new ReadStream(openSync('/dev/tty', 'r'))
    output = new WriteStream(openSync('/dev/tty', 'w'))
  } catch {
    return null
  }
  output.write(question)
  input.setRawMode(true)
  try {
    return await readLine(input)
  } finally {
    input.setRawMode(false)
    output.write('\n')
    input.destroy()
    output.destroy()
  }
}

/** What is typed until Enter; Backspace takes back, Ctrl-U takes back all. */
async function readLine(input: ReadStream): Promise<string | null> {
  let typed: string[] = []
  for await (const chunk of input.setEncoding('utf8'))
    for (const key of chunk as string) {
      if (key === '\r' || key === '\n') return typed.join('')
      if (key === '\u0003' || (key === '\u0004' && typed.length === 0)) return null
      if (key === '\u0015') typed = []
      else if (key === '\u007f' || key === '\b') typed.pop()
      else if (key !== '\u0004') typed.push(key)
    }
  return null
}
