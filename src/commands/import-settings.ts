import { open, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { renderImported } from '../import/render-playbook.ts'
import { type OtherLine, readSettingsLines, type WrittenSetting } from '../import/settings-lines.ts'
import { sortSettings } from '../import/sort-settings.ts'
import { formatProblem, InputError, UsageError } from '../problem.ts'
import { fileFault } from '../yaml/file-fault.ts'
import type { Context } from './context.ts'
import { systemWords } from '../system-words.ts'

export interface ImportOptions {
  /** A pattern for `hosts:`. */
  readonly hosts: string
  /** A file that is not there yet; without it, stdout. */
  readonly write?: string
}

/** Bytes; the largest sysctl.conf in the wild has some ten thousand. */
const mostBytes = 1_000_000

/**
 * `conntrackctl import FILE…`: makes a playbook of sysctl.conf files, of modprobe.d, and of the lines of how-tos. What is
 * wrong with them goes to stderr, a line each. Gives the exit status. Throws InputError, UsageError.
 */
export async function importSettings(
  files: readonly string[],
  { hosts, write }: ImportOptions,
  context: Pick<Context, 'cwd' | 'stdout' | 'stderr'>,
): Promise<number> {
  const settings: WrittenSetting[] = []
  const others: OtherLine[] = []
  for (const file of files) {
    const lines = readSettingsLines(await read(file, context.cwd), file)
    settings.push(...lines.settings)
    others.push(...lines.others)
  }
  const sorted = sortSettings(settings, others)
  for (const problem of sorted.problems) context.stderr.write(`${formatProblem(problem)}\n`)
  if (sorted.taken.length === 0)
    throw new InputError([
      {
        file: files.join(', '),
        what: 'there is no setting in it that a playbook could wish',
        remedy: 'name a sysctl.conf, a file of sysctl.d or of modprobe.d',
      },
    ])
  const playbook = renderImported(sorted, files, hosts)
  if (write === undefined) context.stdout.write(playbook)
  else {
    await writeNew(resolve(context.cwd, write), write, playbook)
    context.stdout.write(`${write}: ${sorted.taken.length} settings taken, ${sorted.left.length} lines not\n`)
  }
  return exitCodes.as_desired.code
}

async function read(file: string, cwd: string): Promise<string> {
  try {
    const text = await readFile(resolve(cwd, file), 'utf8')
    if (text.length <= mostBytes && !text.includes('\0')) return text
  } catch (error) {
    const [what, remedy] = fileFault(error)
    throw new InputError([{ file, what, remedy }])
  }
  throw new InputError([{ file, what: 'it is no text of settings', remedy: 'name a sysctl.conf' }])
}

/** What stands there already may be somebody's work. */
async function writeNew(path: string, shown: string, text: string): Promise<void> {
  try {
    const handle = await open(path, 'wx', 0o644)
    await handle.writeFile(text)
    await handle.close()
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new UsageError(
      isThere
        ? `--write ${shown}: the file is there already; name another, or remove it`
        : `--write ${shown}: ${systemWords(error)}; name a file in a folder that is there and may be written`,
      { cause: error },
    )
  }
}
