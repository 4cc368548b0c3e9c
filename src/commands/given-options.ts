import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'

/** An option as it was written: its long name, and its value where it takes one. */
export interface GivenOption {
  readonly name: string
  readonly value: string | null
}

/** Collects the options of a command line in their order, before any parser has turned their values into others. */
export function collectGiven(command: Command): readonly GivenOption[] {
  const given: GivenOption[] = []
  for (const option of command.options) {
    const name = option.long ?? option.short ?? ''
    command.on(`option:${option.name()}`, (value: unknown) => {
      given.push({ name, value: typeof value === 'string' ? value : null })
    })
  }
  return given
}

/** Options whose value is a path, and those where a path follows an `@`. */
const paths: ReadonlySet<string> = new Set([
  '--key-file',
  '--state-dir',
  '--log-file',
  '--ssh-config',
  '--vault-password-file',
  '--queue-password-file',
  '--queue-ca',
  '--signing-key',
  '--trust',
])
const pathsBehindAt: ReadonlySet<string> = new Set([
  '--extra-vars',
  '--ping-url',
  '--notify-url',
  '--notify-command',
])

/** The same options for a run that begins in another folder: paths made absolute. */
export function withAbsolutePaths(
  given: readonly GivenOption[],
  { cwd, home }: { readonly cwd: string; readonly home: string },
): readonly GivenOption[] {
  const absolute = (path: string): string => resolve(cwd, path.replace(/^~(?=\/|$)/, home))
  return given.map(({ name, value }) => {
    if (value === null) return { name, value }
    if (paths.has(name)) return { name, value: absolute(value) }
    if (pathsBehindAt.has(name) && value.startsWith('@'))
      return { name, value: `@${absolute(value.slice(1))}` }
    if (name === '--vault-id' && !value.endsWith('@prompt'))
      return { name, value: value.replace(/@(.+)$/, (_, path: string) => `@${absolute(path)}`) }
    if (name === '--inventory') return { name, value: absoluteSource(value, cwd) }
    if (name === '--limit')
      return {
        name,
        value: value.replaceAll(/(^|,)@([^,]+)/g, (_, before, path) => `${before}@${absolute(path)}`),
      }
    return { name, value }
  })
}

/** As words of a command line. A value that begins with a dash stays one with its option. */
export function optionWords(given: readonly GivenOption[]): readonly string[] {
  return given.flatMap(({ name, value }) => {
    if (value === null) return [name]
    return value.startsWith('-') ? [`${name}=${value}`] : [name, value]
  })
}

/** A list of hosts is one unless there is a file of that name: the same question as when an inventory is loaded. */
export function absoluteSource(source: string, cwd: string): string {
  const path = resolve(cwd, source)
  return source.includes(',') && !existsSync(path) ? source : path
}
