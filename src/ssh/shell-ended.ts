import { passwordExpired } from './answer-prompts.ts'
import { HostFailure } from './failure.ts'
import type { Stage } from './failure.ts'
import type { Target } from './target.ts'

/** How a remote program ended; null when the host did not say. */
export type Exit = { readonly code: number | null; readonly signal: string | null } | null

/**
 * Why a remote shell ended before it had answered in full. `stage` is null when it never printed its first mark;
 * what the programs on the way said tells then whether it was sudo or the login shell itself.
 */
export function shellEnded(
  target: Target,
  exit: Exit,
  said: { readonly errors: string; readonly greeting: string },
  stage: Stage | null,
): HostFailure {
  const { name, become } = target
  const words = said.errors === '' ? said.greeting : said.errors
  const quoted = words === '' ? '' : `: ${words}`

  if (exit === null) {
    const at = stage ?? (become === null ? 'login' : 'become')
    const hint = 'the host, or something on the way, cut the session; run again'
    return new HostFailure(
      'dropped',
      at,
      `${name} closed the session without a word of how it ended${quoted}`,
      hint,
    )
  }
  const how = exit.signal === null ? `ended with status ${exit.code}` : `was killed by ${exit.signal}`
  if (stage !== null) {
    const hint = 'the shell was ended from outside, or the host ran out of memory'
    return new HostFailure(
      'shell',
      stage,
      `the shell on ${name} ${how} before it had answered${quoted}`,
      hint,
    )
  }
  // sshd's own words, in English always: who logs in by another way than a prompt is told here.
  if (/password (has expired|change required)|password is expired/i.test(words))
    return passwordExpired(target, words)
  // sudo speaks on standard error only: a login shell that refuses to run anything may use the other.
  if (become !== null && exit.code !== 0 && (said.errors !== '' || said.greeting === '')) {
    const message = `cannot become ${become.user} on ${name}: sudo ${how}${quoted}`
    return new HostFailure('become', 'become', message, becomeHint(words, exit.code, target))
  }
  return new HostFailure(
    'shell',
    'login',
    `the shell of ${target.user} on ${name} ${how} before it took a command${quoted}`,
    shellHint(words),
  )
}

/** sudo speaks the host's language, so these words only refine what is certain already: it failed. */
function becomeHint(words: string, code: number | null, { user, become }: Target): string {
  const other = become?.user ?? 'root'
  if (/password is required|no tty present and no askpass/i.test(words))
    return `allow ${user} to run sudo without a password (NOPASSWD in sudoers), or log in as ${other}`
  if (/must have a tty/i.test(words)) return `take requiretty off for ${user}: Defaults:${user} !requiretty`
  if (/unknown user/i.test(words)) return `there is no user ${other} on the host: check ansible_become_user`
  if (/not in the sudoers file|may not run sudo|not allowed to (execute|run)/i.test(words))
    return `give ${user} a rule in sudoers that lets it run /bin/sh as ${other}`
  if (/no new privileges|setuid root|effective uid is not 0/i.test(words))
    return 'sudo cannot work there (a container without privileges?): log in as root'
  if (code === 127 || /command not found|not found|unknown command/i.test(words))
    return `install sudo there, or log in as ${other} and leave become off`
  return `${user} must be able to run: sudo -n -u ${other} -- /bin/sh`
}

function shellHint(words: string): string {
  if (/not available|nologin/i.test(words)) return 'the user has no login shell: log in as another user'
  if (/sftp/i.test(words)) return 'the host lets this user transfer files only: log in as another user'
  return 'the user needs a login shell that can run /bin/sh, without a forced command'
}
