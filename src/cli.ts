#!/usr/bin/env node
import { homedir, userInfo } from 'node:os'
import { isatty } from 'node:tty'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import type { Context, Output } from './commands/context.ts'
import { runCommandLine } from './commands/run-command-line.ts'
import { exitCodes } from './exit-codes.ts'
import { readVersion } from './read-version.ts'
import { maskSecretsInReport } from './ssh/secret.ts'

// Left alone, V8 lets a heap grow to several times what it holds before it clears up, which is 100 MiB with ten
// thousand hosts; half as much again takes no more time that could be measured.
setFlagsFromString('--heap-growing-percent=50')

const stopping = new AbortController()
const cut = new AbortController()
let interrupted: number | null = null

for (const [signal, exitCode] of [
  ['SIGINT', exitCodes.interrupted.code],
  ['SIGTERM', exitCodes.terminated.code],
  ['SIGHUP', exitCodes.terminated.code],
] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) cut.abort()
    else process.stderr.write('\nstopping: no new hosts; once more cuts the running ones\n')
    interrupted = exitCode
    stopping.abort()
  })

// Whoever reads the report may go away (`| head`, a terminal that was closed) and its disk may be full. Neither may
// end a run between two hosts: the run goes on to its end and its record, and what was lost is told then.
const unheard = new AbortController()
let lostOutput: Error | null = null
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  unheard.abort()
  if (error.code !== 'EPIPE') lostOutput ??= error
})
// Nothing is left to say it on.
process.stderr.on('error', () => {})

const exitCode = await runCommandLine(context())
await Promise.all([process.stdout, process.stderr].map(flush))
process.exit(interrupted ?? (lostOutput === null ? exitCode : await explainLost(lostOutput, exitCode)))

/** A status of 0 would promise a report that nobody has got. */
async function explainLost({ message }: Error, status: number): Promise<number> {
  process.stderr.write(`conntrackctl: the report could not be written in full: ${message}\n`)
  await flush(process.stderr)
  return status === exitCodes.as_desired.code ? exitCodes.internal.code : status
}

function context(): Context {
  return {
    cwd: process.cwd(),
    home: homedir(),
    user: userName(),
    version: readVersion(),
    words: process.argv.slice(2),
    pid: process.pid,
    program: fileURLToPath(import.meta.url),
    node: process.execPath,
    ...environment(),
    stdin: process.stdin,
    stdout: output(process.stdout, 1),
    stderr: output(process.stderr, 2),
    now: () => new Date(),
    random: Math.random,
    stopping: stopping.signal,
    cut: cut.signal,
    unheard: unheard.signal,
  }
}

/** The secrets of the environment are for this process alone: what it starts does not inherit them. */
function environment(): Pick<Context, 'env' | 'secrets'> {
  const names = [
    'CONNTRACKCTL_PASSWORD',
    'CONNTRACKCTL_BECOME_PASSWORD',
    'CONNTRACKCTL_KEY_PASSPHRASE',
    'CONNTRACKCTL_QUEUE_PASSWORD',
  ] as const
  const secrets = Object.fromEntries(names.map((name) => [name, process.env[name]]))
  for (const name of names) delete process.env[name]
  return { env: process.env, secrets }
}

function output(stream: NodeJS.WriteStream, descriptor: number): Output {
  return {
    write: (text) => void stream.write(maskSecretsInReport(text)),

    isTty: isatty(descriptor),
    hasColor: isatty(descriptor) && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
    columns: stream.columns ?? 80,
    rows: stream.rows ?? 24,
    stream,
  }
}

/** A user without an entry in passwd, as in some containers, goes by the number. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? String(process.getuid?.() ?? '')
  }
}

/** Pipes are written asynchronously: an exit before they are drained would cut the report. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise((resolve) => {
    stream.write('', resolve)
  })
}
