import { isAbsolute, join } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { readExtraVars } from '../inventory/extra-vars.ts'
import { loadPlaybook } from '../playbook/load-playbook.ts'
import { printable } from '../printable.ts'
import { formatProblem, InputError } from '../problem.ts'
import type { Context, Output, RunContext } from './context.ts'
import { playbooksIn, roleOfFile } from './role-of-file.ts'
import { type Finding, validateInventory, validateVariables } from './validate-inventory.ts'
import { vaultOf } from './vault-of.ts'

/** What inventories may need. */
export interface ValidateOptions {
  readonly extraVars?: readonly string[]
  readonly vaultId?: readonly string[]
  readonly vaultPasswordFile?: readonly string[]
  readonly askVaultPass?: boolean
}

/**
 * `conntrackctl validate FILE…`: checks playbooks (or a folder of them), inventories and files of variables, each on its own, and prints a line
 * for each problem and each hint, or one that the file is fine. Gives the exit status. Throws UsageError, InputError.
 */
export async function validate(
  files: readonly string[],
  options: ValidateOptions,
  context: RunContext & { readonly stdout: Pick<Output, 'write'> } & Partial<Pick<Context, 'stdin'>>,
): Promise<number> {
  const { cwd, env, stdout } = context
  const vault = await vaultOf(options, context)
  const extraVars = await readExtraVars(options.extraVars ?? [], { cwd, vault })
  const pathOf = (file: string): string => (isAbsolute(file) ? file : join(cwd, file))
  let isBad = false
  const expanded = await Promise.all(
    files.map(async (file) => {
      const inside = await playbooksIn(pathOf(file), file)
      return inside.length > 0 ? inside : [file]
    }),
  )
  for (const file of expanded.flat()) {
    const path = pathOf(file)
    const role = await roleOfFile(path, file)
    const { problems, hints, holds } =
      role === 'playbook'
        ? await validatePlaybook(path, file)
        : role === 'variables'
          ? await validateVariables(path, file, vault)
          : await validateInventory(file, { cwd, env, vault }, extraVars, context)
    isBad ||= problems.length > 0
    for (const problem of problems) stdout.write(`${formatProblem(problem)}\n`)
    for (const { file: place, line, column, what } of hints)
      stdout.write(`${printable([place, line, column, ` hint: ${what}`].filter(isSaid).join(':'))}\n`)
    if (problems.length === 0) stdout.write(`${printable(file)}: ok, ${holds}\n`)
  }
  return isBad ? exitCodes.input.code : exitCodes.as_desired.code
}

async function validatePlaybook(path: string, shown: string): Promise<Finding> {
  try {
    const { plays } = await loadPlaybook(path)
    return { problems: [], hints: [], holds: `${plays.length} ${plays.length === 1 ? 'play' : 'plays'}` }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const problems = error.problems.map((problem) =>
      problem.file === path ? { ...problem, file: shown } : problem,
    )
    return { problems, hints: [], holds: '' }
  }
}

function isSaid(part: string | number | undefined): part is string | number {
  return part !== undefined
}
