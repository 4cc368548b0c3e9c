import { CommanderError } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { InputError, LockedError, QueueError, UsageError } from '../problem.ts'
import { maskSecrets } from '../ssh/secret.ts'
import type { Context } from './context.ts'
import { createProgram } from './program.ts'

/** Runs the command line of `context` and gives its exit status. Never throws: whatever goes wrong is said on stderr. */
export async function runCommandLine(context: Context): Promise<number> {
  let result: number = exitCodes.as_desired.code
  try {
    const program = createProgram(context, (status) => {
      result = status
    })
    for (const command of [program, ...program.commands])
      command
        .exitOverride()
        .configureOutput({ writeOut: context.stdout.write, writeErr: context.stderr.write })
    await program.parseAsync(context.words, { from: 'user' })
    return result
  } catch (error) {
    return explain(error, context)
  }
}

function explain(error: unknown, { stopping, stderr }: Context): number {
  // A question that Ctrl-C broke off; the signal gives the status.
  if (stopping.aborted && error === stopping.reason) return exitCodes.interrupted.code
  // commander has said it already, and where to find help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage.code
  if (error instanceof InputError) {
    stderr.write(`${error.message}\n`)
    return exitCodes.input.code
  }
  for (const [kind, { code }] of [
    [UsageError, exitCodes.usage],
    [QueueError, exitCodes.queue],
    [LockedError, exitCodes.locked],
  ] as const)
    if (error instanceof kind) {
      stderr.write(`conntrackctl: ${error.message}\n`)
      return code
    }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  stderr.write(`conntrackctl: this is a fault of the program, please report it:\n${maskSecrets(detail)}\n`)
  return exitCodes.internal.code
}
