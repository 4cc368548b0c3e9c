import type { Duplex } from 'node:stream'
import type { Bastions } from './bastions.ts'
import { startCommand } from './command-stream.ts'
import type { CommandStream } from './command-stream.ts'
import { connectTcp } from './connect-tcp.ts'
import { HostFailure } from './failure.ts'
import { printable } from '../printable.ts'
import type { Target } from './target.ts'

/** A connection to a host's sshd, over whichever route. */
export interface HostStream {
  readonly stream: Duplex
  /** Says more of a login that failed over this route, where the route knows more. */
  readonly explain: (failure: unknown) => unknown
  /** To be called when the connection is no longer used. */
  readonly release: () => void
}

/** Makes a connection by the target's route. Throws HostFailure. */
export async function openStream(
  target: Target,
  bastions: Bastions,
  signal: AbortSignal,
): Promise<HostStream> {
  const asIs = { explain: (failure: unknown) => failure, release: () => {} }
  switch (target.route.kind) {
    case 'direct':
      return { ...asIs, stream: await connectTcp(target, signal) }
    case 'jump': {
      const { channel, release } = await bastions.open(target, target.route.through, signal)
      return { ...asIs, stream: channel, release }
    }
    case 'command': {
      const { command } = target.route
      const started = await bastions.startCommand(() => startCommand(command), signal)
      const explain = (failure: unknown): unknown => commandFailure(failure, command, started)
      return { ...asIs, stream: started.stream, explain }
    }
  }
}

/** What a command says on its standard error is the cause of a connection that ended or never began. */
function commandFailure(failure: unknown, command: string, started: CommandStream): unknown {
  const fault = started.fault()
  if (!(failure instanceof HostFailure) || fault === null) return failure
  if (failure.kind !== 'dropped' && failure.kind !== 'timeout') return failure
  const message = `the ProxyCommand ${printable(command).slice(0, 200)} ${fault}; ${failure.message}`
  const hint = 'run the command by hand: it must connect its standard input and output to the host'
  return new HostFailure('proxy_command', 'connect', message, hint, failure)
}
