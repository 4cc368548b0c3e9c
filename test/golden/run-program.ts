import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const programFile = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built program as a user does; `npm test` builds it first. */
export async function runProgram(
  words: readonly string[],
  options: {
    readonly cwd?: string
    readonly env?: Record<string, string>
    readonly node?: string
    readonly onStart?: (child: ChildProcess) => void
  } = {},
): Promise<Ended> {
  const child = spawn(options.node ?? process.execPath, [programFile, ...words], {
    cwd: options.cwd ?? fileURLToPath(new URL('../..', import.meta.url)),
    // Nothing of the developer's own surroundings decides a test: no agent, no colours, no known state.
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  options.onStart?.(child)
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, ...text }))
  })
}
