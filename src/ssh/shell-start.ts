import { randomBytes } from 'node:crypto'
import { BecomeDialogue } from './become-dialogue.ts'
import { becomeWords } from './become-words.ts'
import { quote } from './quote.ts'
import type { Target } from './target.ts'

/** What starts a POSIX shell on a host, as whoever it shall be. */
export interface ShellStart {
  /** For the login shell, whichever that is. */
  readonly command: string
  /** Whether the command needs a terminal of its own. */
  readonly tty: boolean
  /** What has to be talked over before the shell listens; null when it listens at once. */
  readonly dialogue: BecomeDialogue | null
}

/**
 * Without a terminal and without a password to give, the shell's input follows at once. Else it says first that it is
 * there: what was sent earlier could be taken for a password, or be echoed by a terminal.
 *
 * On a terminal the shell reads through a pipe, as it would take a terminal for a person; its standard error, which
 * would stand amid its answers there, is dropped; and the end of the terminal does not end a change half-way. The terminal
 * of a local shell is for questions alone, and its streams are pipes.
 */
export function shellStart(target: Target): ShellStart {
  const { become, transport } = target
  // doas asks on a terminal only.
  const tty = target.tty || (become?.method === 'doas' && become.password !== null)
  const talks = tty || (become !== null && (become.password !== null || become.method === 'su'))
  if (!talks) {
    const command = become === null ? '/bin/sh' : becomeWords(become, null, null)
    return { command, tty, dialogue: null }
  }
  const word = randomBytes(8).toString('hex')
  const mark = `conntrackctl-shell-${word}`
  const prompt = `conntrackctl-password-${word}: `
  const isThroughTerminal = tty && transport !== 'local'
  const shell = isThroughTerminal
    ? `trap "" HUP; printf "%s\\n" ${mark}; cat | /bin/sh 2>/dev/null`
    : `${tty ? 'trap "" HUP; ' : ''}printf "%s\\n" ${mark}; exec /bin/sh`
  const inner = `/bin/sh -c ${quote(shell)}`
  const entered = become === null ? inner : becomeWords(become, inner, prompt)
  const command = isThroughTerminal ? `/bin/sh -c ${quote(`stty raw -echo; exec ${entered}`)}` : entered
  return { command, tty, dialogue: new BecomeDialogue(target, isThroughTerminal, mark, prompt) }
}
