import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'

/** An option as it was written: its long name, and its value where it takes one. */
export interface GivenOption {
  readonly name: string
  readonly value: string | null
  /** What the value is, as `--help` shows it: `file`, `folder`, `seconds`; null where it takes none. */
  readonly takes: string | null
}

/** Collects the options of a command line in their order, before any parser has turned their values into others. */
export function collectGiven(command: Command): readonly GivenOption[] {
  const given: GivenOption[] = []
  for (const option of command.options) {
    const name = option.long ?? option.short ?? ''
    const takes = /<(.+)>$/.exec(option.flags)?.[1] ?? null
    command.on(`option:${option.name()}`, (value: unknown) => {
      given.push({ name, value: typeof value === 'string' ? value : null, takes })
    })
  }
  return given
}

/** Values that are paths; an option says in its flags that it takes one. */
const paths: ReadonlySet<string> = new Set(['file', 'folder'])

/** Options whose value has a path behind an `@`. */
const pathsBehindAt: ReadonlySet<string> = new Set([
  '--extra-vars',
  '--ping-url',
  '--notify-url',
  '--notify-command',
])

/** The same options for a run that begins in another folder: paths made absolute. */
export function withAbsolutePaths(given: readonly GivenOption[], place: PathPlace): readonly GivenOption[] {
  return given.map((option) => ({
    ...option,
    value: option.value === null ? null : absoluteValue(option.name, option.takes, option.value, place),
  }))
}

interface PathPlace {
  readonly cwd: string
  readonly home: string
}

function absoluteValue(name: string, takes: string | null, value: string, { cwd, home }: PathPlace): string {
  const absolute = (path: string): string => resolve(cwd, path.replace(/^~(?=\/|$)/, home))
  if (paths.has(takes ?? '')) return absolute(value)
  if (pathsBehindAt.has(name)) return value.replace(/^@(.+)$/, (_, path: string) => `@${absolute(path)}`)
  if (name === '--vault-id')
    return value.replace(/^(.*@)?(.+)$/, (_, label = '', path: string) => `${label}${absolute(path)}`)
  if (name === '--inventory') return absoluteSource(value, cwd)
  if (name === '--limit')
    return value.replaceAll(/(^|,)@([^,]+)/g, (_, before, path) => `${before}@${absolute(path)}`)
  return value
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
