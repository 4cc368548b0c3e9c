import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { playbookText } from '../diagnose/playbook-text.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { diagnosisRemedy } from '../fleet/diagnosis-remedy.ts'
import { printable } from '../printable.ts'
import { UsageError } from '../problem.ts'
import { writeAtomically } from '../record/atomic-write.ts'
import type { RunResult } from '../report/host-result.ts'
import type { Context } from './context.ts'
import type { DiagnoseOptions } from './options.ts'
import { prepareReading } from './prepare-check.ts'
import { runAttended } from './run-attended.ts'

/**
 * Tells what fills the tables of hosts and what would cure that, and writes a playbook that does it where asked.
 * Changes nothing on a host. Gives the exit status. Throws InputError, UsageError: no host was contacted then.
 */
export async function diagnose(pattern: string, options: DiagnoseOptions, context: Context): Promise<number> {
  const path = options.write === undefined ? null : resolve(context.cwd, options.write)
  if (path !== null && options.overwrite !== true && existsSync(path))
    throw new UsageError(`${options.write} is there already; name another file, or add --overwrite`)
  const plays = await prepareReading(pattern, diagnosisRemedy(), options, context)

  const task = { command: 'diagnose', playbook: '', plays, isDryRun: true } as const
  const result = await runAttended(task, options, context)
  if (path !== null) context.stderr.write(await writePlaybook(path, result, options.overwrite === true))
  return exitCodeOf(result)
}

/** Gives what there is to say of it. Throws UsageError where it cannot be written. */
async function writePlaybook(
  path: string,
  { hosts, finished }: RunResult,
  mayReplace: boolean,
): Promise<string> {
  const diagnosed = hosts.flatMap(({ host, facts, diagnosis }) =>
    diagnosis === undefined ? [] : [{ host, max: facts?.max ?? null, diagnosis }],
  )
  const text = playbookText(diagnosed, finished)
  if (text === null)
    return diagnosed.length === 0
      ? 'no playbook was written: the entries of no host could be read\n'
      : 'no playbook was written: no setting helps these hosts\n'
  if (!mayReplace && existsSync(path))
    throw new UsageError(`${printable(path)} has come into being meanwhile; nothing was written`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeAtomically(path, text, 0o644)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const where = printable(path)
    throw new UsageError(
      `${where} cannot be written (${code}); name a file in a folder that you may write to`,
      {
        cause: error,
      },
    )
  }
  return `written: ${printable(path)}; next: conntrackctl plan ${printable(path)}\n`
}
