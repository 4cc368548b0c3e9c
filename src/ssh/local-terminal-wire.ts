import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Wire } from './wire.ts'

/** How long the shell may take to end after its input did, milliseconds. */
const graceMilliseconds = 1000

/**
 * Runs a command line of this machine with a terminal to ask at, as requiretty and doas want one, given by `script` of
 * util-linux: Node.js has none to give. The standard streams of the command are pipes all the same, so what
 * passes through is neither echoed nor changed, and its input has an end. Never throws.
 */
export function localTerminalWire(command: string): Wire {
  // The terminal takes each character as it is; a shell of the operator's own might not understand the line.
  const line = `stty raw -echo; ${command} <&3 >&4 2>&5 3<&- 4>&- 5>&- 6>&-; echo $? >&6`
  const words = ['SHELL=/bin/sh', 'script', '-q', '-c', line, '/dev/null']
  const child = spawn('env', words, { stdio: Array(7).fill('pipe'), detached: true })
  const streams = child.stdio as unknown as [
    ...[terminal: Writable, shown: Readable, complaints: Readable],
    ...[input: Writable, output: Readable, errors: Readable, status: Readable],
  ]
  const [terminal, shown, complaints, input, output, errors, status] = streams
  for (const stream of streams) stream.on('error', () => {})
  let asked: Writable = input
  let code = ''
  status.on('data', (chunk: Buffer) => (code = (code + chunk.toString()).slice(0, 8)))
  const leave = (): void => {
    for (const stream of [shown, complaints, output, errors, status]) stream.destroy()
  }
  return {
    listen: (listener) => {
      output.on('data', listener.output)
      for (const [stream, answers] of [
        [errors, input],
        [complaints, input],
        [shown, terminal],
      ] as const)
        stream.on('data', (chunk: Buffer) => {
          asked = answers
          listener.errors(chunk)
        })
      child.on('error', ({ message }) => listener.lost(`env cannot be started: ${message}`))
      child.on('close', (own, signal) =>
        listener.ended(code === '' ? { code: own, signal } : { code: Number(code), signal: null }),
      )
    },
    write: (text) => void input.write(text),
    answer: (text) => void asked.write(text),
    hangUp: (manner) => {
      input.end()
      terminal.end()
      child.unref()
      if (manner === 'at once') {
        leave()
        return
      }
      const timer = setTimeout(leave, graceMilliseconds)
      timer.unref()
      child.once('exit', () => clearTimeout(timer))
      for (const stream of streams) (stream as Partial<{ unref: () => void }>).unref?.()
    },
  }
}
