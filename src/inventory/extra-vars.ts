import { resolve } from 'node:path'
import { InputError, type Problem } from '../problem.ts'
import { Vault } from '../secrets/vault.ts'
import type { Host, Inventory } from './inventory.ts'
import type { InventoryPlace } from './load-inventory.ts'
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
export async function readExtraVars(
  given: readonly string[],
  { cwd, vault = new Vault([]) }: Pick<InventoryPlace, 'cwd' | 'vault'>,
): Promise<Vars> {
  const all = await Promise.all(given.map((text) => readOne(text, cwd, vault)))
  const problems = all.flatMap((one) => one.problems)
  if (problems.length > 0) throw new InputError(tidyProblems(problems))
  return Object.fromEntries(all.flatMap(({ read }) => Object.entries(read?.vars ?? {})))
}

/** The inventory with `vars` on every host: they beat whatever a host or group says. */
export function withExtraVars(inventory: Inventory, vars: Vars): Inventory {
  if (Object.keys(vars).length === 0) return inventory
  const hosts = new Map<string, Host>()
  const known: Inventory = { ...inventory, hosts }
  for (const [name, host] of inventory.hosts)
    hosts.set(name, {
      ...host,
      vars: { ...host.vars, ...vars },
      placeOf: (variable) => (Object.hasOwn(vars, variable) ? { file: option } : host.placeOf?.(variable)),
      inventory: () => known,
    })
  return known
}

async function readOne(text: string, cwd: string, vault: Vault): Promise<ReadVars> {
  if (text.startsWith('@')) {
    const file = text.slice(1)
    return notEmpty(await readVarsFile(resolve(cwd, file), file, vault), file)
  }
  if (/^[{[]/.test(text)) return notEmpty(parseVars(text, option, vault), option)
  if (/^[./]/.test(text)) return refuse(`${text} looks like a file`, `put an @ before it: -e @${text}`)
  return parsePairs(text)
}

/** As Ansible, which takes an empty file for a mistake. */
function notEmpty(read: ReadVars, file: string): ReadVars {
  if (read.read !== null || read.problems.length > 0) return read
  const problem = { file, what: 'there are no variables in it', remedy: 'write each as name: value' }
  return { read: null, problems: [problem] }
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
  return { read: { vars: Object.fromEntries(pairs), places: new Map() }, problems }
}

function refuse(what: string, remedy: string): ReadVars {
  return { read: null, problems: [{ file: option, what, remedy }] }
}
