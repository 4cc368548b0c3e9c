import { spawn } from 'node:child_process'
import { UsageError } from '../problem.ts'

/** How a program of the system ended. */
export interface ToolEnd {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Seconds for a program that should be done at once. */
const mostSeconds = 60

/** Runs a program of the system and waits for its end. Throws UsageError where there is no such program. */
export function runTool(program: string, words: readonly string[], input = ''): Promise<ToolEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: 'pipe', timeout: mostSeconds * 1000 })
    const end = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        end[name] += text
      })
    // It may end without reading.
    child.stdin.on('error', () => {})
    child.once('error', (error) =>
      reject(new UsageError(`${program} cannot be run: ${error.message}`, { cause: error })),
    )
    child.once('close', (status) => resolve({ status, ...end }))
    child.stdin.end(input)
  })
}
