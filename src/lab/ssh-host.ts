import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import ssh2 from 'ssh2'
import type { AuthContext, Connection, ParsedKey, ServerChannel } from 'ssh2'
import { runCommand, type ShellSettings } from './run-command.ts'

/** What an SSH server on loopback needs to play one host. */
export interface SshHostSettings extends ShellSettings {
  /** Private, in OpenSSH's form. */
  readonly hostKey: string
  /** The one key that root may log in with. */
  readonly authorizedKey: ParsedKey
  /** The open connections of the whole lab. */
  readonly sockets: Set<Socket>
}

/** An SSH server for one host, not yet listening. Whatever a client does to it, it goes on. */
export function sshHost(settings: SshHostSettings): Server {
  const { hostKey, fault, sockets } = settings
  const byPeer = new Map<string, Socket>()
  const ssh = new ssh2.Server({ hostKeys: [hostKey] })
  ssh.on('connection', (client, { ip, port }) => {
    // The connection ends without a goodbye, as when a firewall on the way forgets it.
    serveClient(client, settings, () => byPeer.get(`${ip} ${port}`)?.resetAndDestroy())
  })
  return createServer({ noDelay: true }, (socket) => {
    const peer = `${socket.remoteAddress} ${socket.remotePort}`
    sockets.add(socket)
    byPeer.set(peer, socket)
    socket.on('close', () => {
      sockets.delete(socket)
      byPeer.delete(peer)
    })
    socket.on('error', () => {})
    if (fault?.kind === 'hangs' && fault.at === 'banner') socket.resume()
    else ssh.injectSocket(socket)
  })
}

function serveClient(client: Connection, settings: SshHostSettings, cut: () => void): void {
  // A client that vanishes is no news here: its channels close, and that is where it is dealt with.
  client.on('error', () => {})
  client.on('authentication', (attempt) => {
    if (isWelcome(attempt, settings)) attempt.accept()
    else attempt.reject(['publickey'])
  })
  client.on('session', (accept) => {
    const session = accept()
    session.on('exec', (acceptCommand, _reject, { command }) =>
      startCommand(acceptCommand(), command, settings, cut),
    )
    session.on('shell', (acceptShell) => startCommand(acceptShell(), 'exec /bin/sh', settings, cut))
  })
}

function isWelcome(attempt: AuthContext, { authorizedKey, fault }: SshHostSettings): boolean {
  if (attempt.method !== 'publickey' || attempt.username !== 'root' || fault?.kind === 'refuses_key')
    return false
  const { key, signature, blob, hashAlgo } = attempt
  if (!key.data.equals(authorizedKey.getPublicSSH())) return false
  // Without a signature the client only asks whether the key would do.
  if (signature === undefined || blob === undefined) return true
  // An Error where the signature makes no sense, whatever its type says.
  const verdict: unknown = authorizedKey.verify(blob, signature, hashAlgo)
  return verdict === true
}

function startCommand(
  channel: ServerChannel,
  command: string,
  settings: SshHostSettings,
  cut: () => void,
): void {
  switch (settings.fault?.kind) {
    case 'hangs':
      channel.on('error', () => {})
      channel.resume()
      return
    case 'floods':
      flood(channel)
      return
    case undefined:
    case 'down':
    case 'refuses_key':
    case 'other_host_key':
    case 'greets':
    case 'cuts':
    case 'hides_exit_status':
      runCommand(channel, command, settings, cut)
  }
}

function flood(channel: ServerChannel): void {
  const block = Buffer.alloc(32 * 1024, 'all work and no play\n')
  const noise = new Readable({
    read() {
      this.push(block)
    },
  })
  channel.on('error', () => {})
  channel.on('close', () => noise.destroy())
  channel.resume()
  noise.pipe(channel)
}
