import { passwordExpired } from './answer-prompts.ts'
import { becomeFailure, noTerminal } from './become-failure.ts'
import { HostFailure } from './failure.ts'
import type { Stage } from './failure.ts'
import { noOpenssh, opensshFailure } from './openssh-failure.ts'
import type { Target } from './target.ts'
import type { Exit } from './wire.ts'

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
  const { errors, greeting } = {
    ...said,
    errors: said.errors.replace(/(?:; )?Connection to \S+ closed\.$/, ''),
  }
  // On a terminal of its own, what sudo and the like say stands among the greeting.
  const theirs = become === null ? '' : (/(?:^|; )((?:sudo|su|doas): .*)$/.exec(greeting)?.[1] ?? '')
  const words = errors || theirs || greeting
  const quoted = words === '' ? '' : `: ${words}`
  if (target.transport === 'openssh' && stage === null) {
    // `env` could not run it; every failure of its own is 255.
    if (exit?.code === 127 && /^env: \W?ssh\W/.test(words)) return noOpenssh(words)
    if (exit?.code === 255) return opensshFailure(target, words)
  }

  // `env` could not run what would have given sudo or doas a terminal here.
  if (target.transport === 'local' && stage === null && exit?.code === 127 && /^env: \W?script\W/.test(words))
    return noTerminal(target, words)

  const wasCut =
    target.transport === 'openssh' &&
    exit?.code === 255 &&
    /Connection (to|reset|closed)|disconnect|not responding|Broken pipe/i.test(said.errors)
  if (exit === null || wasCut) {
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
  // These speak on standard error, or on their terminal: a login shell that refuses to run anything may use the other.
  const isTheirs = errors !== '' || greeting === '' || theirs !== ''
  if (become !== null && exit.code !== 0 && isTheirs) return becomeFailure(target, how, words, exit.code)
  return new HostFailure(
    'shell',
    'login',
    `the shell of ${target.user} on ${name} ${how} before it took a command${quoted}`,
    shellHint(words),
  )
}

function shellHint(words: string): string {
  if (/not available|nologin/i.test(words)) return 'the user has no login shell: log in as another user'
  if (/sftp/i.test(words)) return 'the host lets this user transfer files only: log in as another user'
  return 'the user needs a login shell that can run /bin/sh, without a forced command'
}
