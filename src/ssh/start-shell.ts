import type { StartWork } from './log-in.ts'
import { shellRefused } from './login-failure.ts'
import { remoteCommand } from './remote-command.ts'
import { RemoteShell } from './remote-shell.ts'
import type { Target } from './target.ts'

/** What a login to a host is for: a POSIX shell there. */
export function startShell(target: Target, signal: AbortSignal): StartWork<RemoteShell> {
  return ({ client, stream, leftMilliseconds }, finish, fail) => {
    client.exec(remoteCommand(target.become), (error, channel) => {
      if (error === undefined) {
        const left = leftMilliseconds()
        // Made right here: what the shell says and how it ends may stand in the same packet.
        finish(() => new RemoteShell({ socket: stream, client, channel }, target, signal, left))
      } else {
        fail(shellRefused(target, error))
      }
    })
  }
}
