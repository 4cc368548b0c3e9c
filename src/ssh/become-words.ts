import { quote } from './quote.ts'
import type { Become } from './target.ts'

/**
 * The command line that becomes another user and runs `shell` (a command line; null for `/bin/sh` alone). `prompt` is
 * what sudo asks for the password with, where one is to be given. Without a password nothing is asked: nobody is
 * there to answer.
 *
 * The messages come in English, and with them the prompts of su, which cannot be told what to ask.
 */
export function becomeWords(become: Become, shell: string | null, prompt: string | null): string {
  const { method, user, program, password } = become
  const flags = ownFlags(become)
    .map((word) => ` ${quote(word)}`)
    .join('')
  const start = `env LC_ALL=C ${quote(program)}`
  const run = shell ?? '/bin/sh'
  switch (method) {
    case 'sudo': {
      const asking = password === null || prompt === null ? ' -n' : ` -S -p ${quote(prompt)}`
      return `${start}${asking}${flags} -u ${quote(user)} -- ${run}`
    }
    case 'su':
      return `${start}${flags} ${quote(user)} -c ${quote(run)}`
    case 'doas':
      return `${start}${password === null ? ' -n' : ''}${flags} -u ${quote(user)} -- ${run}`
  }
}

/** Flags of the operator, without those that say whether to ask: that follows from the password. */
function ownFlags({ method, flags }: Become): readonly string[] {
  if (flags === null) return method === 'sudo' ? ['-H'] : []
  if (method === 'su') return flags
  return flags.flatMap((word) => {
    if (!/^-[A-Za-z]+$/.test(word)) return [word]
    const kept = word.replaceAll(method === 'sudo' ? /[nS]/g : /n/g, '')
    return kept === '-' ? [] : [kept]
  })
}
