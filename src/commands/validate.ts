import { exitCodes } from '../exit-codes.ts'
import { loadPlaybook } from '../playbook/load-playbook.ts'
import { formatProblem, InputError } from '../problem.ts'
import { printable } from '../printable.ts'

/**
 * `conntrackctl validate FILE…`: checks playbooks without an inventory and prints a line for each
 * problem, or one that the file is fine. Gives the exit status.
 */
export async function validate(files: readonly string[], write: (text: string) => void): Promise<number> {
  let isBad = false
  for (const file of files) {
    try {
      const { plays } = await loadPlaybook(file)
      write(`${printable(file)}: ok, ${plays.length} ${plays.length === 1 ? 'play' : 'plays'}\n`)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      isBad = true
      for (const problem of error.problems) write(`${formatProblem(problem)}\n`)
    }
  }
  return isBad ? exitCodes.input.code : exitCodes.as_desired.code
}
