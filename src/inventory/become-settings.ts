import { Secret } from '../ssh/secret.ts'
import type { Become, Target } from '../ssh/target.ts'
import { splitShellWords } from './shell-words.ts'
import type { ConnectionDefaults } from './target.ts'
import type { VariableReader } from './variable-reader.ts'

const methods: readonly Become['method'][] = ['sudo', 'su', 'doas']

/** With su and doas their name stands for sudo's. */
const sudoNames = {
  user: ['ansible_sudo_user', 'ansible_become_user'],
  exe: ['ansible_sudo_exe', 'ansible_become_exe'],
  flags: ['ansible_sudo_flags', 'ansible_become_flags'],
  pass: ['ansible_sudo_pass', 'ansible_become_pass', 'ansible_become_password'],
}

/**
 * Whom to become on a host, by its variables and the defaults; null to stay who we are, also where we are that user
 * already. As in Ansible, the variable of the method (`ansible_su_pass`) beats the one of all (`ansible_become_pass`).
 */
export function readBecome(
  read: VariableReader,
  user: string,
  defaults: ConnectionDefaults,
): Target['become'] {
  const wished = read.truth(['ansible_become'])
  if (wished === false || (wished === undefined && defaults.become === null)) return null
  const fallback = defaults.become ?? defaults.becomeAs
  const written = read
    .text(['ansible_become_method'])
    ?.replace(/^(ansible\.builtin|community\.general)\./, '')
  const method = methods.find((one) => one === (written ?? fallback.method))
  if (method === undefined) {
    read.problems.push({
      fact: `ansible_become_method is ${JSON.stringify(written)}, which is not one of ${methods.join(', ')}`,
      remedy: 'use one of these, or log in as the user to become',
    })
    return null
  }
  const of = (what: keyof typeof sudoNames): string[] =>
    sudoNames[what].map((name) => name.replace('_sudo_', `_${method}_`))
  const flags = read.text(of('flags'))
  const split = flags === undefined ? null : splitShellWords(flags)
  if (split?.ok === false)
    read.problems.push({
      fact: `ansible_become_flags is ${JSON.stringify(flags)}: ${split.what}`,
      remedy: 'write it as on a command line of a shell',
    })
  const password = read.text(of('pass'))
  const other = read.text(of('user')) ?? fallback.user
  if (other === user) return null
  return {
    method,
    user: other,
    program: read.text(of('exe')) ?? method,
    flags: split?.ok === true ? split.words.map(({ text }) => text) : null,
    password: password === undefined ? fallback.password : new Secret(password),
  }
}
