import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { InputError, type Problem } from '../problem.ts'
import type { Inventory } from './inventory.ts'
import { splitShellWords } from './shell-words.ts'

type Vars = Readonly<Record<string, unknown>>

const option = '--extra-vars'

/**
 * Reads what `-e` was given, in order: `k=v k2='v 2'` (values are text), a YAML or JSON map, or
 * `@file` of either. Throws InputError with all that is wrong with them.
 */
export async function readExtraVars(given: readonly string[], cwd: string): Promise<Vars> {
  const problems: Problem[] = []
  const parts: Vars[] = []
  for (const text of given) {
    try {
      parts.push(await readOne(text, cwd))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new InputError(problems)
  return Object.assign({}, ...parts) as Vars
}

/** The inventory with `vars` on every host: they beat whatever a host or group says. */
export function withExtraVars(inventory: Inventory, vars: Vars): Inventory {
  if (Object.keys(vars).length === 0) return inventory
  const hosts = [...inventory.hosts].map(
    ([name, host]) => [name, { ...host, vars: { ...host.vars, ...vars } }] as const,
  )
  return { ...inventory, hosts: new Map(hosts) }
}

async function readOne(text: string, cwd: string): Promise<Vars> {
  if (text.startsWith('@')) return readMap(await readFileText(resolve(cwd, text.slice(1))), text.slice(1))
  if (/^\s*[{[]/.test(text)) return readMap(text, option)
  const split = splitShellWords(text)
  if (!split.ok) throw problem(option, split.what, 'close the quote')
  const pairs = split.words.map(({ text: word }) => {
    const equals = word.indexOf('=')
    if (equals <= 0)
      throw problem(option, `\`${word}\` is not name=value`, 'write -e name=value, or -e @file.yml')
    return [word.slice(0, equals), word.slice(equals + 1)] as const
  })
  return Object.fromEntries(pairs)
}

async function readFileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw problem(path, `cannot be read: ${reason}`, `give ${option} a file that is there`)
  }
}

function readMap(text: string, file: string): Vars {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true })
  const [first] = document.errors
  if (first) throw problem(file, first.message.split('\n')[0] ?? 'not YAML', 'mend the YAML')
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw problem(file, 'expected names and values', 'write a map: name: value')
  return value as Vars
}

function problem(file: string, what: string, remedy: string): InputError {
  return new InputError([{ file, what, remedy }])
}
