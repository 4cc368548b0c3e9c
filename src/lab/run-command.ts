import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { ServerChannel } from 'ssh2'
import { cutAfter } from './cut-after.ts'
import type { Fault } from './fault.ts'
import type { ShellAccount } from './shell-account.ts'

/** Where and as whom the commands of one host run. */
export interface ShellSettings {
  readonly root: string
  /** PATH, behind the host's own sbin. */
  readonly path: string
  readonly account: ShellAccount | null
  readonly fault: Fault | null
  /** The shells of the whole lab that are still running. */
  readonly running: Set<ChildProcess>
}

/**
 * Runs a command as sshd does: by the login shell, its streams on the channel. When the client goes away the
 * streams are closed and the shell is left to finish. `cut` ends the connection at once.
 */
export function runCommand(
  channel: ServerChannel,
  command: string,
  { root, path, account, fault, running }: ShellSettings,
  cut: () => void,
): void {
  if (fault?.kind === 'greets') channel.write(fault.text)
  const shell = spawn('/bin/sh', ['-c', command], {
    cwd: root,
    env: { CONNTRACKCTL_ROOT: root, HOME: root, LOGNAME: 'root', PATH: path, SHELL: '/bin/sh', USER: 'root' },
    // A process group of its own: Ctrl-C at the lab's terminal is not for the hosts, and stop() ends all of it.
    detached: true,
    ...account,
  })
  const { stdin, stdout, stderr } = shell
  running.add(shell)

  const input = fault?.kind === 'cuts' && fault.stream === 'input' ? cutAfter(fault.afterBytes, cut) : null
  const output = fault?.kind === 'cuts' && fault.stream === 'output' ? cutAfter(fault.afterBytes, cut) : null
  // A command may end without reading its input, and a client may go away at any time.
  for (const stream of [stdin, stdout, stderr, channel, channel.stderr, input, output])
    stream?.on('error', () => {})
  ;(input === null ? channel : channel.pipe(input)).pipe(stdin)
  ;(output === null ? stdout : stdout.pipe(output)).pipe(channel, { end: false })
  stderr.pipe(channel.stderr, { end: false })

  channel.on('close', () => {
    stdin.end()
    stdout.destroy()
    stderr.destroy()
  })
  shell.on('error', (error) => {
    running.delete(shell)
    channel.stderr.write(`${error.message}\n`)
    endChannel(channel, 126)
  })
  shell.on('close', (code, signal) => {
    running.delete(shell)
    const end = (): void => {
      if (fault?.kind === 'hides_exit_status') channel.end()
      else endChannel(channel, signal === null ? (code ?? 0) : signal)
    }
    if (output === null || output.readableEnded) end()
    else output.once('end', end)
  })
}

/** Ends the shells that are left, with all they started, and waits until they are gone. */
export async function killCommands(running: ReadonlySet<ChildProcess>): Promise<void> {
  await Promise.all(
    [...running].map(
      (shell) =>
        new Promise<void>((resolve) => {
          shell.once('close', () => resolve())
          shell.stdin?.destroy()
          shell.stdout?.destroy()
          shell.stderr?.destroy()
          killGroup(shell)
        }),
    ),
  )
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, constants.signals.SIGKILL)
  } catch {
    // It has ended by itself in the meantime.
  }
}

function endChannel(channel: ServerChannel, how: number | string): void {
  // ssh2 throws when the connection has gone in between.
  try {
    if (typeof how === 'number') channel.exit(how)
    else channel.exit(how, false, '')
    channel.end()
  } catch {
    channel.destroy()
  }
}
