import type { Become } from './target.ts'

/** sudo as it comes, without a password. */
export function sudoTo(user: string): Become {
  return { method: 'sudo', user, program: 'sudo', flags: null, password: null }
}
