import { HostFailure } from './failure.ts'
import type { Become, Target } from './target.ts'

/** Nothing was run yet: the same can be tried again on a terminal. */
export class TerminalNeeded extends HostFailure {}

interface Known {
  readonly words: RegExp
  readonly kind: 'become' | 'become_password'
  readonly fact: string
  readonly hint: string
}

/**
 * Why sudo, su or doas did not let us become somebody. `how` it ended, `words` are its own: in English, which it was
 * asked for, unless the host does not heed that; so they only refine what is certain already.
 */
export function becomeFailure(target: Target, how: string, words: string, code: number | null): HostFailure {
  const { name, user, become } = target
  const { method, program, user: other } = become ?? noBecome()
  const known = knownFailures(target).find((one) => one.words.test(words))
  const quoted = words === '' ? '' : `: ${words}`
  const fact = known === undefined || known.fact === '' ? '' : `${known.fact}; `
  const message = `cannot become ${other} on ${name}: ${fact}${method} ${how}${quoted}`
  if (isTerminalWanted(words)) return new TerminalNeeded('become', 'become', message, terminalHint(target))
  if (known !== undefined) return new HostFailure(known.kind, 'become', message, known.hint)
  const hint =
    code === 127
      ? `install ${program} there, or log in as ${other} and leave become off`
      : `${user} must be able to run: ${method === 'su' ? `su ${other}` : `${method} -n -u ${other} -- /bin/sh`}`
  return new HostFailure('become', 'become', message, hint)
}

/** It asked a second time: what it was given was not right. */
export function wrongBecomePassword(target: Target): HostFailure {
  const { method, user: other } = target.become ?? noBecome()
  const message = `cannot become ${other} on ${target.name}: ${method} did not take the password`
  return new HostFailure('become_password', 'become', message, wrongHint(target))
}

/** It asked, and there is nothing to answer with. */
export function noBecomePassword(target: Target, asked: string): HostFailure {
  const { method, user: other } = target.become ?? noBecome()
  const message = `cannot become ${other} on ${target.name}: ${method} asks for a password (${asked}), and none is given`
  return new HostFailure('become_password', 'become', message, missingHint(target))
}

/** It wants a terminal on this machine, and what could give it one is missing. */
export function noTerminal({ name, become }: Target, words: string): HostFailure {
  const { method, user: other } = become ?? noBecome()
  const message = `cannot become ${other} on ${name}: ${method} wants a terminal, and nothing here can give it one: ${words}`
  const hint = `install script (util-linux, on Debian bsdutils), or let ${method} do without a terminal or a password`
  return new HostFailure('become', 'become', message, hint)
}

function isTerminalWanted(words: string): boolean {
  return /must have a tty|must be run from a terminal|standard in must be a tty|a tty is required|terminal is required|no tty present/i.test(
    words,
  )
}

function terminalHint({ user }: Target): string {
  return `it wants a terminal and could not be given one: take requiretty off (Defaults:${user} !requiretty)`
}

function wrongHint({ become, user }: Target): string {
  const whose = become?.method === 'su' ? become.user : user
  return `check the password of ${whose} on that host (--ask-become-pass, --become-password-file, ansible_become_password)`
}

function missingHint({ become, user }: Target): string {
  const give = 'give its password: --ask-become-pass, --become-password-file or ansible_become_password'
  if (become?.method === 'sudo')
    return `${give}; or allow ${user} to run sudo without one (NOPASSWD in sudoers), or log in as ${become.user}`
  if (become?.method === 'doas')
    return `${give}; or permit it without one (permit nopass ${user} as ${become.user}), or log in as ${become.user}`
  return `${give}; or log in as ${become?.user ?? 'root'}`
}

function knownFailures(target: Target): readonly Known[] {
  const { user } = target
  const { method, program, user: other } = target.become ?? noBecome()
  const rule =
    method === 'doas'
      ? `permit it in doas.conf there: permit ${user} as ${other}`
      : `give ${user} a rule in sudoers that lets it run /bin/sh as ${other}`
  return [
    {
      words:
        /incorrect password attempt|Sorry, try again|Authentication failure|Authentication failed|incorrect password/i,
      kind: 'become_password',
      fact: 'the password was not taken',
      hint: wrongHint(target),
    },
    {
      words:
        /a password is required|no password was provided|Authentication required|Authorization required|no askpass program/i,
      kind: 'become_password',
      fact: 'a password is asked for, and none is given',
      hint: missingHint(target),
    },
    {
      words:
        /not in the sudoers file|may not run sudo|not allowed to (execute|run)|doas: Operation not permitted|(su|doas): (Permission denied|not permitted)/i,
      kind: 'become',
      fact: `${user} may not`,
      hint: method === 'su' ? `let ${user} use su there (PAM, the group wheel), or log in as ${other}` : rule,
    },
    {
      words: /unknown user|user \S+ does not exist|no passwd entry/i,
      kind: 'become',
      fact: '',
      hint: `there is no user ${other} on the host: check ansible_become_user`,
    },
    {
      words:
        /account (or password )?is expired|account has expired|password (is|has) expired|must be changed|change your password/i,
      kind: 'become_password',
      fact: 'the password, or the account, has expired',
      hint: `log in there once as ${user} and change it`,
    },
    {
      words: /no new privileges|setuid root|effective uid is not 0|not installed setuid/i,
      kind: 'become',
      fact: '',
      hint: `${method} cannot work there (a container without privileges?): log in as ${other}`,
    },
    {
      words: /syntax error|parse error|no valid sudoers|doas is not enabled/i,
      kind: 'become',
      fact: 'its configuration is broken',
      hint: method === 'sudo' ? 'correct it there: visudo -c' : 'correct it there: doas -C /etc/doas.conf',
    },
    {
      words: /command not found|not found|unknown command|No such file or directory/i,
      kind: 'become',
      fact: '',
      hint: `install ${program} there, or log in as ${other} and leave become off`,
    },
  ]
}

function noBecome(): Become {
  throw new Error('nobody is to be become')
}
