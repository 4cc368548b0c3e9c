import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { Tail } from './tail.ts'

/** How much of what a command says on its standard error goes into a message, bytes. */
const errorBytesAtMost = 1024

/** The standard input and output of a command as one connection. */
export interface CommandStream {
  readonly stream: Duplex
  /** What went wrong with the command, in words that follow its name; null while it runs and says nothing. */
  readonly fault: () => string | null
}

/**
 * Starts `/bin/sh -c 'exec …'` in a process group of its own. The stream ends after the command, so that its fault is
 * known by then; to destroy the stream kills the group. Never throws.
 */
export function startCommand(command: string): CommandStream {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true })
  const { stdin, stdout, stderr } = child
  const errors = new Tail(errorBytesAtMost)
  let end: string | null = null

  const write = (chunk: Buffer, callback: () => void): void => {
    if (stdin.writable) stdin.write(chunk, () => callback())
    else callback()
  }
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void stdout.resume(),
    write: (chunk: Buffer, _encoding, callback) => write(chunk, callback),
    writev: (chunks, callback) => write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), callback),
    final: (callback) => {
      stdin.end()
      callback()
    },
    destroy: (error, callback) => {
      if (end === null) killGroup(child.pid)
      callback(error)
    },
  })
  const over = (how: string): void => {
    if (end !== null) return
    end = how
    if (!stream.destroyed) stream.push(null)
  }

  // A command that is gone is told of by its end; the last listener stays for whoever owns the stream later.
  for (const part of [stdin, stdout, stderr, stream]) part.on('error', () => {})
  stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause()
  })
  child.on('error', ({ message }) => over(`could not be started: ${message}`))
  child.on('close', (code, signal) =>
    over(signal === null ? `ended with status ${code}` : `was killed by ${signal}`),
  )

  const fault = (): string | null => {
    const said = errors.toString()
    if (end === null) return said === '' ? null : `says: ${said}`
    return said === '' ? end : `${end}: ${said}`
  }
  return { stream, fault }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch {
    // It ended by itself meanwhile.
  }
}
