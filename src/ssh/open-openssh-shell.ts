import { startAskpass } from './askpass.ts'
import type { Bastions } from './bastions.ts'
import { processWire } from './process-wire.ts'
import { RemoteShell } from './remote-shell.ts'
import type { Session } from './session.ts'
import { shellStart } from './shell-start.ts'
import type { Target } from './target.ts'
import type { Wire } from './wire.ts'

/** How long a person may take to answer what ssh asks, seconds. */
const personSeconds = 120

/**
 * A shell over the system's ssh, with all that it can: certificates, security keys, GSSAPI. It gets the arguments of
 * the operator and its own configuration; what must hold in any case stands before them, as the first one counts.
 * Its failures come with the first exchange. Throws HostFailure `cancelled`.
 */
export async function openOpensshShell(
  target: Target,
  bastions: Bastions,
  signal: AbortSignal,
): Promise<Session> {
  const { command, tty, dialogue } = shellStart(target)
  // Each of these logs in at a bastion of its own, which drops some when too many do so at once.
  const begun = target.route.kind === 'direct' ? null : await bastions.turn(signal)
  const mayBeAsked = target.password !== null || target.passphrase !== null || bastions.ask !== null
  const askpass = mayBeAsked ? await startAskpass(target, bastions.ask, signal) : null
  const words = [
    ...opensshOptions(target, tty, askpass !== null),
    ...target.sshArguments.slice(0, -1),
    ...opensshFallbacks(target),
    '--',
    target.sshArguments.at(-1) ?? target.address,
    command,
  ]
  const variables = ['LC_ALL=C', ...(askpass?.variables ?? [])]
  const wire = processWire({ path: 'env', words: [...variables, 'ssh', ...words], diesWithUs: true })
  const { connectSeconds, loginSeconds } = target.limits
  const seconds = connectSeconds + loginSeconds + (bastions.ask === null ? 0 : personSeconds)
  const watched = withEnd(wire, begun ?? (() => {}), () => askpass?.close())
  return new RemoteShell(watched, target, dialogue, signal, seconds * 1000)
}

/** What holds whatever the operator's arguments and files say. */
function opensshOptions(target: Target, tty: boolean, mayAsk: boolean): readonly string[] {
  const { checking, knownHostsFiles } = target.hostKeys
  // ssh lets a changed key pass under `no`. What is added to the first file, where nothing shall be, is lost.
  const isOpen = checking === 'no'
  const files = [...(isOpen ? ['/dev/null'] : []), ...knownHostsFiles]
  const strict = isOpen ? 'accept-new' : checking === 'ask' && !mayAsk ? 'yes' : checking
  const options: readonly (readonly [string, string])[] = [
    ['BatchMode', mayAsk ? 'no' : 'yes'],
    ['NumberOfPasswordPrompts', '1'],
    ['StrictHostKeyChecking', strict],
    ['UserKnownHostsFile', files.map((file) => `"${file}"`).join(' ') || '/dev/null'],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['RemoteCommand', 'none'],
    ['ClearAllForwardings', 'yes'],
    ['LogLevel', 'INFO'],
    ['EscapeChar', 'none'],
    ['RequestTTY', tty ? 'force' : 'no'],
  ]
  return options.flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** What counts where nobody says otherwise. */
function opensshFallbacks({ port, user, identityFiles, sshArguments, limits }: Target): readonly string[] {
  const options: readonly (readonly [string, string])[] = [
    ['Port', String(port)],
    ['User', user],
    ['ConnectTimeout', String(limits.connectSeconds)],
    ['ServerAliveInterval', String(Math.ceil(limits.keepaliveSeconds))],
    ['ServerAliveCountMax', String(limits.keepaliveTimes ?? 3)],
    // Else its own choice is the better one: it has more kinds of keys.
    ...(sshArguments.length > 0 ? [] : identityFiles.map((file) => ['IdentityFile', `"${file}"`] as const)),
  ]
  return options.flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** Tells when the first word came, and when all is over. */
function withEnd(wire: Wire, begun: () => void, over: () => void): Wire {
  return {
    ...wire,
    listen: (listener) =>
      wire.listen({
        output: (chunk) => {
          begun()
          listener.output(chunk)
        },
        errors: listener.errors,
        ended: (exit) => {
          begun()
          over()
          listener.ended(exit)
        },
        lost: (reason) => {
          begun()
          over()
          listener.lost(reason)
        },
      }),
    hangUp: (manner) => {
      begun()
      over()
      wire.hangUp(manner)
    },
  }
}
