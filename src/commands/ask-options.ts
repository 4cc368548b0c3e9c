import { UsageError } from '../problem.ts'
import type { GivenOption } from './given-options.ts'

/** Options that ask a person, and those that take the same from a file or a program. */
export const fileOptions = {
  '--ask-pass': '--connection-password-file',
  '--ask-become-pass': '--become-password-file',
  '--ask-key-passphrase': '--key-passphrase-file',
  '--ask-vault-pass': '--vault-password-file',
} as const

/** A job has nobody to ask, ever: what would ask is refused when the job is made. Throws UsageError. */
export function refuseToAsk(given: readonly GivenOption[]): void {
  const instead = given.flatMap(({ name, value }) => {
    if (name === '--vault-id' && value !== null && /(^|@)prompt$/.test(value))
      return [`${name} ${value.replace(/prompt$/, 'FILE')} instead of ${name} ${value}`]
    return isAsking(name) ? [`${fileOptions[name]} FILE instead of ${name}`] : []
  })
  if (instead.length > 0)
    throw new UsageError(
      `a job has nobody to ask: give ${instead.join(', ')}; FILE may be a program that prints it`,
    )
}

function isAsking(name: string): name is keyof typeof fileOptions {
  return name in fileOptions
}
