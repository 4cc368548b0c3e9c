import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { join, resolve } from 'node:path'
import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'
import type { Condition } from './condition.ts'
import { conditions as allConditions } from './conditions.ts'
import type { Fault } from './fault.ts'
import { InputError } from '../problem.ts'
import { hostTree } from './host-tree.ts'
import { type KeyPair, newKeyPair } from './keys.ts'
import { type LabFiles, writeLabFiles } from './lab-files.ts'
import type { LabHost } from './lab-host.ts'
import { listen } from './listen.ts'
import { plantTree } from './plant-tree.ts'
import { killCommands } from './run-command.ts'
import { chooseAccount } from './shell-account.ts'
import { sshHost } from './ssh-host.ts'

export interface LabOptions {
  /** Everything of the lab stands below it. Hosts that are there already keep their files. */
  readonly folder: string
  /** The kinds of hosts to start; all when absent. */
  readonly conditions?: readonly Condition[]
  /** So many hosts of each kind, instead of what the kind says. */
  readonly copies?: number
  /** What is wrong on the way to hosts by name, instead of what their condition says. */
  readonly faults?: Readonly<Record<string, Fault>>
  /** PATH of the hosts' shells. */
  readonly path?: string
  /** Stops the lab when it is aborted. */
  readonly signal?: AbortSignal
}

/** Embedded hosts that run, and the files with which to reach them. */
export interface Lab extends LabFiles, AsyncDisposable {
  readonly hosts: readonly LabHost[]
  /** What is to be said about the lab on this machine, or null. */
  readonly note: string | null
  /** Cuts all connections that are open, without a goodbye; the hosts go on. */
  cutConnections(): void
  /** Cuts all connections, ends all shells and returns when they are gone. May be called twice. */
  stop(): Promise<void>
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Starts the hosts: SSH servers on loopback in this one process, whose commands run in the real /bin/sh with
 * CONNTRACKCTL_ROOT set to a folder of the host's own. Needs no root. Throws InputError when the folder will not do.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { conditions = allConditions, copies, faults = {}, path = usualPath, signal } = options
  signal?.throwIfAborted()
  const folder = resolve(options.folder)
  if (!/^[^\s%"'{}]+$/.test(folder)) throw unfitFolder(folder)
  mkdirSync(join(folder, 'hosts'), { recursive: true })
  const { account, obeysModes } = chooseAccount(join(folder, 'hosts'))
  const playable = conditions.filter(({ readOnly }) => obeysModes || readOnly === undefined)
  const identity = newKeyPair()
  const knownKey = newKeyPair()
  const otherKey = newKeyPair()
  const authorizedKey = publicKey(identity)
  const running = new Set<ChildProcess>()
  const sockets = new Set<Socket>()
  const servers: Server[] = []

  const stop = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    const closed = servers
      .splice(0)
      .map((server) => new Promise<void>((resolveClosed) => server.close(() => resolveClosed())))
    for (const socket of sockets) socket.destroy()
    await killCommands(running)
    await Promise.all(closed)
  }
  const onAbort = (): void => void stop()

  const start = async (condition: Condition, name: string, index: number): Promise<LabHost> => {
    const root = join(folder, 'hosts', name)
    const fault = faults[name] ?? condition.fault ?? null
    plantTree(root, hostTree(condition, name, index), account)
    const server = sshHost({
      root,
      path,
      account,
      fault,
      running,
      sockets,
      hostKey: (fault?.kind === 'other_host_key' ? otherKey : knownKey).privateText,
      authorizedKey,
    })
    servers.push(server)
    const place = await listen(server, servers.length - 1)
    return { name, ...place, root, condition, summary: condition.summary }
  }

  try {
    const hosts: LabHost[] = []
    for (const condition of playable)
      for (const [index, name] of namesOf(condition, copies).entries())
        hosts.push(await start(condition, name, index))
    // Only now: a port that is closed too soon may be given to the next host.
    const isDown = ({ name, condition }: LabHost): boolean =>
      (faults[name] ?? condition.fault)?.kind === 'down'
    for (const [index, host] of hosts.entries()) if (isDown(host)) servers[index]?.close()
    signal?.addEventListener('abort', onAbort)
    const note =
      playable.length === conditions.length
        ? null
        : 'The containers are left out: the shells run as root here, to whom no file is read-only.'
    return {
      hosts,
      note,
      ...writeLabFiles(folder, hosts, identity, knownKey),
      cutConnections: () => {
        for (const socket of sockets) socket.destroy()
      },
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function namesOf({ name, hosts }: Condition, copies: number | undefined): readonly string[] {
  const count = copies ?? hosts
  if (count === undefined) return [name]
  const digits = Math.max(2, String(count).length)
  return Array.from({ length: count }, (_, index) => `${name}${String(index + 1).padStart(digits, '0')}`)
}

function publicKey({ publicText }: KeyPair): ParsedKey {
  const key = ssh2.utils.parseKey(publicText)
  if (key instanceof Error) throw key
  return key
}

/** ssh splits UserKnownHostsFile at blanks and fills in what follows a `%`. */
function unfitFolder(folder: string): InputError {
  return new InputError([
    {
      file: '--folder',
      what: `${JSON.stringify(folder)} holds blanks, quotes, braces or a percent sign, which ssh takes otherwise in its options`,
      remedy: 'choose a folder with a plainer name',
    },
  ])
}
