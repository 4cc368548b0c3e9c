import type { StartWork } from './log-in.ts'
import { shellRefused } from './login-failure.ts'
import { RemoteShell } from './remote-shell.ts'
import { shellStart } from './shell-start.ts'
import { ssh2Wire } from './ssh2-wire.ts'
import type { Target } from './target.ts'

/** As wide as terminals get, so that nothing is wrapped. */
const terminal = { term: 'dumb', cols: 4096, rows: 24 }

/** What a login to a host is for: a POSIX shell there. */
export function startShell(target: Target, signal: AbortSignal): StartWork<RemoteShell> {
  return (connection, finish, fail) => {
    const { command, tty, dialogue } = shellStart(target)
    connection.client.exec(command, tty ? { pty: terminal } : {}, (error, channel) => {
      if (error === undefined) {
        const left = connection.leftMilliseconds()
        // Made right here: what the shell says and how it ends may stand in the same packet.
        finish(() => new RemoteShell(ssh2Wire(connection, channel), target, dialogue, signal, left))
      } else {
        fail(shellRefused(target, error))
      }
    })
  }
}
