import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import { algorithms, preferHostKeyTypes } from './algorithms.ts'
import type { Authentication } from './authentication.ts'
import { cancelled } from './failure.ts'
import { FirstBytes } from './first-bytes.ts'
import { hangUp } from './hang-up.ts'
import { checkHostKey } from './host-keys.ts'
import { loginFailure, shellRefused } from './login-failure.ts'
import type { LoginEnd, LoginStep } from './login-failure.ts'
import { remoteCommand } from './remote-command.ts'
import { RemoteShell } from './remote-shell.ts'
import type { Target } from './target.ts'

/** A shell; or the key types to ask for in a second try, because the host is known by those only. */
export type LoginResult = { readonly shell: RemoteShell } | { readonly knownKeyTypes: readonly string[] }

/** How to check the host's key: the types to ask for first, and whether another type may lead to a second try. */
export interface KeyExpectation {
  readonly types: readonly string[]
  readonly lastTry: boolean
}

/**
 * Speaks SSH over a fresh TCP connection until a shell has been started, within `loginSeconds`.
 * Owns the socket from here on, also when it fails. Throws HostFailure.
 */
export function logIn(
  socket: Socket,
  target: Target,
  authentication: Authentication,
  expected: KeyExpectation,
  signal: AbortSignal,
): Promise<LoginResult> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    const firstBytes = new FirstBytes(socket)
    const limitMilliseconds = target.limits.loginSeconds * 1000
    const deadline = performance.now() + limitMilliseconds
    let step: LoginStep = 'banner'
    let settled = false

    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(timer)
      firstBytes.stop()
      signal.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (failure: unknown): void => {
      if (!settle()) return
      hangUp(client, socket, 'at once')
      reject(failure instanceof Error ? failure : new Error(String(failure)))
    }
    const end = (why: LoginEnd): void => {
      if (!settled) fail(loginFailure(target, step, why, firstBytes, authentication))
    }
    const onError = (error: Error & { level?: unknown }): void => {
      // ssh2 goes on to the next method after these; once none is left it is over.
      const goesOn = error.level === 'agent' || error.level === 'client-authentication'
      if (goesOn && !authentication.exhausted) authentication.note(error)
      else end(error)
    }
    const onAbort = (): void => fail(cancelled(target.name, 'login'))
    const timer = setTimeout(() => end('timeout'), limitMilliseconds)

    const verifyHostKey = (key: Buffer): boolean => {
      try {
        const otherTypes = checkHostKey(target, key, expected.lastTry)
        if (otherTypes.length === 0) return true
        if (settle()) {
          hangUp(client, socket, 'at once')
          resolve({ knownKeyTypes: otherTypes })
        }
      } catch (error) {
        fail(error)
      }
      return false
    }

    const startShell = (): void => {
      step = 'shell'
      try {
        client.exec(remoteCommand(target.become), (error, channel) => {
          if (error === undefined) {
            const left = Math.max(0, deadline - performance.now())
            // Made right here: what the shell says and how it ends may stand in the same packet.
            if (settle())
              resolve({ shell: new RemoteShell({ socket, client, channel }, target, signal, left) })
          } else {
            fail(shellRefused(target, error))
          }
        })
      } catch {
        // It throws when the socket has gone already; its close event comes too late to be told apart.
        end('closed')
      }
    }

    // These stay for good: ssh2 may report errors long after it is done with.
    client.on('error', onError)
    client.on('close', () => end('closed'))
    client.on('handshake', () => {
      step = 'auth'
      leaveOtherHostKeysAlone(client)
    })
    client.on('ready', startShell)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) {
      onAbort()
      return
    }
    try {
      client.connect({
        sock: socket,
        username: target.user,
        authHandler: authentication.handler,
        hostVerifier: verifyHostKey,
        algorithms: { ...algorithms, serverHostKey: preferHostKeyTypes(expected.types) },
        readyTimeout: 0,
        keepaliveInterval: target.limits.keepaliveSeconds * 1000,
        // The third unanswered one ends it: ssh2 counts before it sends.
        keepaliveCountMax: 2,
      })
      gatherWrites(socket)
      firstBytes.start()
    } catch (error) {
      // An OpenSSL that lacks one of our algorithms: a fault of the installation, not of the host.
      fail(error)
    }
  })
}

/**
 * An OpenSSH server tells all its host keys after a login, and ssh2 then has it sign with each of them, RSA included,
 * before it starts our shell. We have no use for that. ssh2 asks only servers that it takes for OpenSSH, and has no
 * setting for it.
 */
function leaveOtherHostKeysAlone(client: ssh2.Client): void {
  Object.assign(client, { _remoteVer: 'not to be asked' })
}

/**
 * ssh2 writes each encrypted packet in three pieces, and without Nagle's delay every piece would be a packet of its
 * own on the network: what is written in answer to the same bytes goes out together. To be called while the socket is
 * paused, so that this listener comes before that of ssh2.
 */
function gatherWrites(socket: Socket): void {
  const uncork = (): void => socket.uncork()
  socket.on('data', () => {
    socket.cork()
    process.nextTick(uncork)
  })
}
