import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import { algorithms, preferHostKeyTypes } from './algorithms.ts'
import type { Authentication } from './authentication.ts'
import { cancelled } from './connect-tcp.ts'
import { HostFailure } from './failure.ts'
import { FirstBytes } from './first-bytes.ts'
import { checkHostKey } from './host-keys.ts'
import { loginFailure } from './login-failure.ts'
import type { LoginStep } from './login-failure.ts'
import { remoteCommand } from './remote-command.ts'
import { hangUp, RemoteShell } from './remote-shell.ts'
import type { Target } from './target.ts'

/** A shell, or the key types to ask for in a second try because the host is known by those only. */
export type LoginResult = { readonly shell: RemoteShell } | { readonly knownKeyTypes: readonly string[] }

/**
 * Speaks SSH over a fresh TCP connection until a shell has been started, within `loginSeconds`.
 * `knownKeyTypes` are the host key types to ask for first; `secondTry` takes no other.
 * Throws HostFailure.
 */
export function logIn(
  socket: Socket,
  target: Target,
  authentication: Authentication,
  knownKeyTypes: readonly string[],
  secondTry: boolean,
  signal: AbortSignal,
): Promise<LoginResult> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    const firstBytes = new FirstBytes(socket)
    const deadline = performance.now() + target.limits.loginSeconds * 1000
    let step: LoginStep = 'banner'
    let settled = false

    const settle = (finish: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      firstBytes.stop()
      signal.removeEventListener('abort', onAbort)
      finish()
    }
    const fail = (failure: HostFailure): void => {
      settle(() => {
        hangUp(client, socket)
        reject(failure)
      })
    }
    const onError = (error: Error): void => {
      if (settled) return
      const { level } = error as { level?: unknown }
      // ssh2 goes on with the next method after these; when none is left the authentication itself says so.
      if (level === 'agent' || (level === 'client-authentication' && !authentication.exhausted))
        authentication.note(error)
      else fail(loginFailure(target, step, error, firstBytes, authentication))
    }
    const onAbort = (): void => fail(cancelled(target, 'login'))
    const timer = setTimeout(
      () => fail(loginFailure(target, step, 'timeout', firstBytes, authentication)),
      target.limits.loginSeconds * 1000,
    )

    const verifyHostKey = (key: Buffer): boolean => {
      step = 'kex'
      try {
        const otherTypes = checkHostKey(target, key, secondTry)
        if (otherTypes.length === 0) return true
        settle(() => {
          hangUp(client, socket)
          resolve({ knownKeyTypes: otherTypes })
        })
      } catch (error) {
        if (error instanceof HostFailure) fail(error)
        else settle(() => reject(error instanceof Error ? error : new Error(String(error))))
      }
      return false
    }

    const startShell = (): void => {
      step = 'shell'
      try {
        client.exec(remoteCommand(target.become), (error, channel) => {
          if (error !== undefined) {
            onError(error)
            return
          }
          const left = Math.max(1000, deadline - performance.now())
          settle(() => resolve({ shell: new RemoteShell({ socket, client, channel }, target, signal, left) }))
        })
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
    }

    // This listener stays for good: ssh2 may report errors long after it is done with.
    client.on('error', onError)
    client.on('handshake', () => (step = 'auth'))
    client.on('ready', startShell)
    client.on('close', () => onError(new Error('the connection was closed')))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) {
      onAbort()
      return
    }
    client.connect({
      sock: socket,
      username: target.user,
      authHandler: authentication.handler,
      hostVerifier: verifyHostKey,
      algorithms: { ...algorithms, serverHostKey: preferHostKeyTypes(knownKeyTypes) },
      readyTimeout: 0,
      keepaliveInterval: target.limits.keepaliveSeconds * 1000,
      // The third unanswered one ends it: ssh2 counts before it sends.
      keepaliveCountMax: 2,
    })
    firstBytes.start()
  })
}
