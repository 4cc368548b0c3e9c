import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from '../problem.ts'
import type { Context } from './context.ts'
import type { RunOptions } from './options.ts'
import { systemWords } from '../system-words.ts'

/** Options that may name a file with `@` instead of showing a secret to everybody who lists processes. */
const names = ['pingUrl', 'notifyUrl', 'notifyCommand'] as const

const written = {
  pingUrl: '--ping-url',
  notifyUrl: '--notify-url',
  notifyCommand: '--notify-command',
} as const

/** The options with `@file` replaced by the first line of that file. Throws UsageError. */
export async function withSecrets(options: RunOptions, { cwd }: Pick<Context, 'cwd'>): Promise<RunOptions> {
  const found: Partial<Record<(typeof names)[number], string>> = {}
  for (const name of names) {
    const value = options[name]
    if (value?.startsWith('@') === true)
      found[name] = await firstLine(written[name], resolve(cwd, value.slice(1)))
  }
  return { ...options, ...found }
}

async function firstLine(option: string, file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${option}: ${file}: ${systemWords(error)}; name a file that can be read`, {
      cause: error,
    })
  })
  const line = text.split('\n', 1)[0]?.trim() ?? ''
  const isUrl = URL.canParse(line) && /^https?:/.test(line)
  if (line === '' || (option !== written.notifyCommand && !isUrl))
    throw new UsageError(
      `${option}: ${file} has no ${option === written.notifyCommand ? 'command' : 'address'} in its first line`,
    )
  return line
}
