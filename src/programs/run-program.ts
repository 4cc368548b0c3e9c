import { spawn } from 'node:child_process'
import { printable } from '../printable.ts'

/** What a program may take and use. */
export interface ProgramSetting {
  /** Absolute. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limits: { readonly seconds: number; readonly outputBytes: number }
  /** `inherit` lets it ask the user on the terminal; else it reads nothing. */
  readonly stdin: 'inherit' | 'ignore'
}

/** What a program printed, or why there is nothing, as a sentence without subject: `ended with status 2`. */
export type ProgramResult =
  | { readonly ok: true; readonly stdout: Buffer }
  | {
      readonly ok: false
      readonly why: string
      /** The end of what it said on stderr, one printable line; empty when nothing. */
      readonly said: string
      /** Null where it did not end by itself. */
      readonly status: number | null
    }

/** The end of stderr is where the reason stands; a traceback may be long. */
const keptOfStderr = 2000

const startFaults: ReadonlyMap<string, string> = new Map([
  ['ENOEXEC', 'is no program: its first line does not begin with #!'],
  ['EACCES', 'may not be run by this user, or its interpreter may not'],
  ['ENOENT', 'cannot be started: the interpreter that its first line names is not there'],
  ['ETXTBSY', 'cannot be started while it is being written'],
])

/**
 * Runs the program at `path` without a shell, within its limits, and gives what it printed. It stays in this session,
 * so that it can ask on the terminal and a Ctrl-C ends it too. Never throws.
 */
export function runProgram(
  path: string,
  words: readonly string[],
  { cwd, env, limits, stdin }: ProgramSetting,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(path, words, { cwd, env, stdio: [stdin, 'pipe', 'pipe'] })
    const { stdout, stderr } = child
    const chunks: Buffer[] = []
    let length = 0
    let errors = ''

    const finish = (why: string | null, status: number | null): void => {
      clearTimeout(timer)
      // What it left behind may hold the pipes open for ever.
      stdout.destroy()
      stderr.destroy()
      if (why === null) resolve({ ok: true, stdout: Buffer.concat(chunks) })
      else resolve({ ok: false, why, said: lastLines(errors), status })
    }
    const kill = (why: string): void => {
      child.kill('SIGKILL')
      finish(why, null)
    }
    const timer = setTimeout(kill, limits.seconds * 1000, `has not ended after ${limits.seconds} seconds`)

    stdout.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limits.outputBytes) kill(`printed more than ${limits.outputBytes} bytes`)
      else chunks.push(chunk)
    })
    stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-keptOfStderr)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      finish(startFaults.get(error.code ?? '') ?? `cannot be started (${error.code ?? error.message})`, null)
    })
    child.once('close', (status, signal) => {
      if (status === 0) finish(null, 0)
      else finish(signal === null ? `ended with status ${status}` : `was ended by ${signal}`, status)
    })
  })
}

function lastLines(text: string): string {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-5)
    .map(printable)
    .join(' | ')
}
