import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Algorithms, AuthContext, Connection, ServerChannel, Session } from 'ssh2'
import { onTestFinished } from 'vitest'
import { directTarget } from '../../../src/ssh/direct-target.ts'
import type { Target } from '../../../src/ssh/target.ts'
import { ed25519Key } from './ed25519-key.ts'

/** Made once: what matters in these tests is who knows a key, not which one it is. */
export const userKey = ed25519Key()
export const hostKey = ed25519Key()
export const otherHostKey = ed25519Key()
export const ecdsaHostKey = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })

export interface Behaviour {
  readonly hostKeys?: readonly string[]
  readonly algorithms?: Algorithms
  readonly greeting?: string
  readonly authenticate?: (context: AuthContext, connection: Connection) => void
  readonly connected?: (connection: Connection) => void
  /** Called for each session channel that is opened. */
  readonly opened?: () => void
  readonly refuseChannels?: boolean
  /** Never answers a request for a channel. */
  readonly ignoreChannels?: boolean
  readonly refuseCommands?: boolean
  /** Called for each command. */
  readonly commanded?: (command: string) => void
  /** Takes the place of a real `sh`. */
  readonly exec?: (channel: ServerChannel, connection: Connection) => void
  /** What the real `sh` does before the command, as a start-up file of a login shell would. */
  readonly prelude?: string
  readonly env?: NodeJS.ProcessEnv
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fake-host-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Listens on loopback until the test ends; gives the port. */
export async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** An SSH host in this process that lets the user key in and does what `behaviour` says. Gives its port. */
export async function startFakeHost(behaviour: Behaviour = {}): Promise<number> {
  const server = fakeHost(behaviour)
  return listen((socket) => server.injectSocket(socket))
}

function fakeHost(behaviour: Behaviour): ssh2.Server {
  const { hostKeys = [hostKey.private], algorithms, greeting, authenticate = acceptUserKey } = behaviour
  const config = {
    hostKeys: [...hostKeys],
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(greeting === undefined ? {} : { greeting }),
  }
  return new ssh2.Server(config, (connection) => {
    connection.on('error', () => {})
    connection.on('authentication', (context) => authenticate(context, connection))
    connection.on('ready', () => behaviour.connected?.(connection))
    connection.on('session', (accept, reject) => {
      behaviour.opened?.()
      if (behaviour.refuseChannels === true) reject()
      else if (behaviour.ignoreChannels !== true) answerCommands(accept(), behaviour, connection)
    })
  })
}

function answerCommands(session: Session, behaviour: Behaviour, connection: Connection): void {
  session.on('exec', (accept, reject, { command }) => {
    behaviour.commanded?.(command)
    if (behaviour.refuseCommands === true) {
      reject()
      return
    }
    const channel = accept()
    channel.on('error', () => {})
    channel.stderr.on('error', () => {})
    if (behaviour.exec === undefined) runForReal(channel, command, behaviour)
    else behaviour.exec(channel, connection)
  })
}

function acceptUserKey(context: AuthContext): void {
  const known = ssh2.utils.parseKey(userKey.public)
  if (known instanceof Error) throw known
  if (context.method !== 'publickey') context.reject(['publickey'])
  else if (!context.key.data.equals(known.getPublicSSH())) context.reject(['publickey'])
  else if (context.signature === undefined || context.blob === undefined) context.accept()
  else if (known.verify(context.blob, context.signature, context.hashAlgo)) context.accept()
  else context.reject(['publickey'])
}

/** The command in a real shell, as sshd would run it under a login shell `sh`. */
function runForReal(channel: ServerChannel, command: string, { prelude = ':', env = {} }: Behaviour): void {
  const child = spawn('sh', ['-c', `${prelude}\n${command}`], {
    env: { ...process.env, ...env },
    detached: true,
  })
  child.stdin.on('error', () => {})
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  // The shell and what it runs: a group of its own.
  channel.on('close', () => {
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGTERM')
  })
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 255)
    else channel.exit(signal.replace('SIG', ''))
    channel.close()
  })
}

/** How to reach the fake host on `port`, with short time limits and its key known. */
export function targetAt(port: number, changes: Partial<Target> = {}): Target {
  const folder = temporaryFolder()
  const keyFile = join(folder, 'id_ed25519')
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(keyFile, userKey.private, { mode: 0o600 })
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey.public}\n`)
  return {
    ...directTarget,
    name: 'fake',
    address: '127.0.0.1',
    port,
    user: 'operator',
    identityFiles: [keyFile],
    agentSocket: null,
    hostKeys: { checking: 'yes', knownHostsFiles: [knownHosts] },
    become: null,
    limits: limits(),
    ...changes,
  }
}

export function limits(changes: Partial<Target['limits']> = {}): Target['limits'] {
  return {
    connectSeconds: 5,
    loginSeconds: 10,
    commandSeconds: 10,
    keepaliveSeconds: 10,
    outputBytes: 1024 * 1024,
    ...changes,
  }
}
