import { localTerminalWire } from './local-terminal-wire.ts'
import { processWire } from './process-wire.ts'
import { RemoteShell } from './remote-shell.ts'
import type { Session } from './session.ts'
import { shellStart } from './shell-start.ts'
import type { Target } from './target.ts'

/** A shell of this machine, without any network. Its failures come with the first exchange. */
export function openLocalShell(target: Target, signal: AbortSignal): Session {
  const { command, tty, dialogue } = shellStart(target)
  const wire = tty
    ? localTerminalWire(command)
    : processWire({
        path: '/bin/sh',
        words: command === '/bin/sh' ? [] : ['-c', `exec ${command}`],
        diesWithUs: false,
      })
  return new RemoteShell(wire, target, dialogue, signal, target.limits.loginSeconds * 1000)
}
