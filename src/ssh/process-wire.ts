import { spawn } from 'node:child_process'
import type { Wire } from './wire.ts'

/** A program of this machine to talk to. */
export interface Program {
  readonly path: string
  readonly words: readonly string[]
  /** Whether it dies when we hang up. A shell that changes something must not: it finishes or puts back by itself. */
  readonly diesWithUs: boolean
}

/** How long a program may take to end after its input did, milliseconds. */
const graceMilliseconds = 1000

/**
 * Starts a program in a process group of its own, so that a Ctrl-C at our terminal is ours alone. One that cannot be
 * started is `lost`. Never throws.
 */
export function processWire({ path, words, diesWithUs }: Program): Wire {
  const child = spawn(path, words, { stdio: 'pipe', detached: true })
  const { stdin, stdout, stderr } = child
  for (const part of [stdin, stdout, stderr]) part.on('error', () => {})
  const kill = (): void => {
    if (diesWithUs && child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  }
  const write = (text: string): void => void stdin.write(text)
  return {
    listen: ({ output, errors, ended, lost }) => {
      stdout.on('data', output)
      stderr.on('data', errors)
      child.on('error', ({ message }) => lost(`${path} cannot be started: ${message}`))
      child.on('close', (code, signal) => ended({ code, signal }))
    },
    write,
    answer: write,
    hangUp: (manner) => {
      stdin.end()
      if (manner === 'at once') {
        stdout.destroy()
        stderr.destroy()
        kill()
        child.unref()
        return
      }
      const timer = setTimeout(() => {
        stdout.destroy()
        stderr.destroy()
        kill()
      }, graceMilliseconds)
      timer.unref()
      child.once('exit', () => clearTimeout(timer))
      child.unref()
      for (const part of [stdout, stderr]) (part as Partial<{ unref: () => void }>).unref?.()
    },
  }
}
