import { InputError } from '../problem.ts'
import { controlProblem, utf8Problem } from '../yaml/character-problem.ts'
import { decodeText, readText, type ReadText } from '../yaml/read-text.ts'

/** A playbook of thousands of plays has a tenth of this. */
const limit = { mebibytes: 1, remedy: 'split it into several files' }

/** The text of a playbook: UTF-8, at most 1 MiB, without control characters. Throws InputError. */
export async function readPlaybookText(path: string): Promise<string> {
  return checked(await readText(path, path, limit), path)
}

/** The same for bytes that are there already; `file` is for the problems. Throws InputError. */
export function decodePlaybook(bytes: Uint8Array, file: string): string {
  return checked(decodeText(bytes, file), file)
}

function checked(read: ReadText, file: string): string {
  if (!read.ok) throw new InputError([read.problem])
  const problem = utf8Problem(read.file, file) ?? controlProblem(read.file.text, file)
  if (problem !== undefined) throw new InputError([problem])
  return read.file.text
}
