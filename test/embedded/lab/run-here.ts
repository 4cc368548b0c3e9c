import { userInfo } from 'node:os'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Output } from '../../../src/commands/context.ts'
import { runCommandLine } from '../../../src/commands/run-command-line.ts'
import { readVersion } from '../../../src/read-version.ts'
import type { Ended } from '../../golden/run-program.ts'
import { never } from './fresh-lab.ts'

/**
 * Runs a command line as `runProgram` does, but in this process: all of the program but src/cli.ts, in a tenth of the time
 * where the start of Node.js is most of a run. Of each matter at least one test runs the program as a whole.
 */
export async function runHere(
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr'): Output => {
    const stream = new Writable({
      decodeStrings: false,
      write: (piece: string, _encoding, done) => {
        text[name] += piece
        done()
      },
    })
    return {
      write: (piece) => void stream.write(piece),
      isTty: false,
      hasColor: false,
      columns: 80,
      rows: 24,
      // What only a terminal has is asked of terminals only.
      stream: stream as NodeJS.WritableStream as NodeJS.WriteStream,
    }
  }
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...options.env }
  const exitCode = await runCommandLine({
    cwd: options.cwd ?? fileURLToPath(new URL('../../..', import.meta.url)),
    home: env.HOME,
    user: userInfo().username,
    version: readVersion(),
    words,
    pid: process.pid,
    program: fileURLToPath(new URL('../../../dist/cli.js', import.meta.url)),
    node: process.execPath,
    env,
    secrets: {},
    stdin: process.stdin,
    stdout: output('stdout'),
    stderr: output('stderr'),
    now: () => new Date(),
    random: Math.random,
    stopping: never,
    cut: never,
    unheard: never,
  })
  return { exitCode, ...text }
}
