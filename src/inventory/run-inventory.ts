import { access, constants, open } from 'node:fs/promises'
import pLimit from 'p-limit'
import type { Problem } from '../problem.ts'
import { type ProgramResult, type ProgramSetting, runProgram } from '../programs/run-program.ts'
import type { Vault } from '../secrets/vault.ts'
import { utf8Problem } from '../yaml/character-problem.ts'
import { decodeText } from '../yaml/read-text.ts'
import { inventoryLimit } from './inventory-limit.ts'
import { parsePrintedHost, parsePrintedInventory } from './printed-inventory.ts'
import type { ParsedSource, Statement } from './statement.ts'

/** Seconds for one answer: some ask the interface of a cloud, page by page. */
const programSeconds = 120
/** Answers for single hosts, asked for at a time. */
const atOnce = 4

/** `program`: may be run, and begins with `#!` or is no text. `not executable`: begins with `#!` only. */
export type FileKind = 'program' | 'not executable' | 'text'

/** Whether a file is an inventory or a program that prints one. Throws what the file system says. */
export async function fileKindOf(path: string): Promise<FileKind> {
  await using file = await open(path, 'r')
  // Where no text may be run there is no such bit (a mounted share has it everywhere), so the beginning counts as well.
  if (!(await file.stat()).isFile()) return 'text'
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
  const start = buffer.subarray(0, bytesRead)
  const isScript = start.subarray(0, 2).toString('latin1') === '#!'
  if (!isScript && !start.includes(0)) return 'text'
  const mayRun = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (mayRun) return 'program'
  return isScript ? 'not executable' : 'text'
}

/**
 * Runs the program at `path` as Ansible does: with `--list`, and where it tells no `_meta` with `--host NAME` for each
 * host. No shell, bounded in time and size. Never throws.
 */
export async function runInventory(
  path: string,
  shown: string,
  setting: Pick<ProgramSetting, 'cwd' | 'env'>,
  vault: Vault,
): Promise<ParsedSource> {
  const run = (words: readonly string[]): Promise<ProgramResult> =>
    runProgram(path, words, {
      ...setting,
      stdin: 'ignore',
      limits: { seconds: programSeconds, outputBytes: inventoryLimit.mebibytes * 1024 * 1024 },
    })
  const listed = textOf(await run(['--list']), shown, '--list')
  if (typeof listed !== 'string') return { statements: [], problems: [listed] }
  const printed = parsePrintedInventory(listed, shown, vault)
  if (printed.hasMeta || printed.problems.length > 0) return printed

  const limit = pLimit(atOnce)
  let hasFailed = false
  const answers = await limit.map([...printed.hosts], async (host): Promise<ParsedSource> => {
    // What is wrong with it is wrong for all hosts: the first one tells.
    if (hasFailed) return { statements: [], problems: [] }
    const text = textOf(await run(['--host', host]), shown, `--host ${host}`)
    const answer =
      typeof text === 'string'
        ? parsePrintedHost(text, host, shown, vault)
        : { statements: [], problems: [text] }
    hasFailed ||= answer.problems.length > 0
    return answer
  })
  const statements: Statement[] = [...printed.statements]
  const problems: Problem[] = []
  for (const answer of answers) {
    for (const statement of answer.statements) statements.push(statement)
    if (problems.length === 0) for (const problem of answer.problems) problems.push(problem)
  }
  return { statements, problems }
}

function textOf(run: ProgramResult, shown: string, asked: string): string | Problem {
  if (!run.ok) {
    const said = run.said === '' ? '' : `: ${run.said}`
    return {
      file: shown,
      what: `the program ${run.why}${run.status === null ? '' : ` when asked for ${asked}`}${said}`,
      remedy: `run it by hand: ${shown.includes('/') ? '' : './'}${shown} ${asked}`,
    }
  }
  const decoded = decodeText(run.stdout, `${shown} ${asked}`)
  if (!decoded.ok) return decoded.problem
  return utf8Problem(decoded.file, `${shown} ${asked}`) ?? decoded.file.text
}
