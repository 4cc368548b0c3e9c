import { resolve } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import type { Inventory } from './inventory.ts'
import { splitShellWords } from './shell-words.ts'
import type { Vars } from './statement.ts'
import { tidyProblems } from './tidy-problems.ts'
import { parseVars, readVarsFile, type ReadVars } from './vars-file.ts'

const option = '--extra-vars'

/**
 * Reads what `-e` was given, in order, the later winning: `k=v k2='v 2'` (values are text), a YAML or
 * JSON map, or `@file` of either, with the values that Ansible gives them. Throws InputError with all
 * that is wrong with them.
 */
export async function readExtraVars(given: readonly string[], cwd: string): Promise<Vars> {
  const read = await Promise.all(given.map((text) => readOne(text, cwd)))
  const problems = read.flatMap((one) => one.problems)
  if (problems.length > 0) throw new InputError(tidyProblems(problems))
  return Object.fromEntries(read.flatMap(({ vars }) => Object.entries(vars ?? {})))
}

/** The inventory with `vars` on every host: they beat whatever a host or group says. */
export function withExtraVars(inventory: Inventory, vars: Vars): Inventory {
  if (Object.keys(vars).length === 0) return inventory
  const hosts = [...inventory.hosts].map(
    ([name, host]) => [name, { ...host, vars: { ...host.vars, ...vars } }] as const,
  )
  return { ...inventory, hosts: new Map(hosts) }
}

async function readOne(text: string, cwd: string): Promise<ReadVars> {
  if (text.startsWith('@')) {
    const file = text.slice(1)
    return notEmpty(await readVarsFile(resolve(cwd, file), file), file)
  }
  if (/^[{[]/.test(text)) return notEmpty(parseVars(text, option), option)
  if (/^[./]/.test(text)) return refuse(`${text} looks like a file`, `put an @ before it: -e @${text}`)
  return parsePairs(text)
}

/** As Ansible, which takes an empty file for a mistake. */
function notEmpty(read: ReadVars, file: string): ReadVars {
  if (read.vars !== null || read.problems.length > 0) return read
  const problem = { file, what: 'there are no variables in it', remedy: 'write each as name: value' }
  return { vars: null, problems: [problem] }
}

function parsePairs(text: string): ReadVars {
  const split = splitShellWords(text)
  if (!split.ok) return refuse(split.what, 'close it, or put the value in quotes')
  const pairs: (readonly [string, string])[] = []
  const problems: Problem[] = []
  for (const { text: word } of split.words) {
    const equals = word.indexOf('=')
    if (equals > 0) pairs.push([word.slice(0, equals), word.slice(equals + 1)])
    else
      problems.push({
        file: option,
        what: `\`${word}\` is not name=value`,
        remedy: 'write -e name=value, or -e @file.yml',
      })
  }
  return { vars: Object.fromEntries(pairs), problems }
}

function refuse(what: string, remedy: string): ReadVars {
  return { vars: null, problems: [{ file: option, what, remedy }] }
}
