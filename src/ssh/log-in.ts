import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { algorithmsFor } from './algorithms.ts'
import { passwordExpired } from './answer-prompts.ts'
import type { Ask, Question } from './ask.ts'
import type { Authentication } from './authentication.ts'
import { askForHostKey } from './ask-for-host-key.ts'
import { cancelled, HostFailure } from './failure.ts'
import { FirstBytes } from './first-bytes.ts'
import { hangUp } from './hang-up.ts'
import { checkHostKey } from './host-keys.ts'
import { loginFailure } from './login-failure.ts'
import type { LoginEnd, LoginStep } from './login-failure.ts'
import type { Target } from './target.ts'

/** What the login was for; or the key types to ask for in a second try, because the host is known by those only. */
export type LoginResult<Made> = { readonly made: Made } | { readonly knownKeyTypes: readonly string[] }

/** A connection that is logged in. */
export interface LoggedIn {
  readonly client: ssh2.Client
  readonly stream: Duplex
  /** What is left of the time to log in. */
  readonly leftMilliseconds: () => number
}

/** Begins what a login is for, and calls one of the others once; what `finish` is given makes it, if it is still wished. */
export type StartWork<Made> = (
  connection: LoggedIn,
  finish: (make: () => Made) => void,
  fail: (failure: unknown) => void,
) => void

/** How to check the host's key: the types to ask for first, and whether another type may lead to a second try. */
export interface KeyExpectation {
  readonly types: readonly string[]
  readonly lastTry: boolean
}

/** What a login needs beside a connection. */
export interface Login<Made> {
  readonly target: Target
  readonly authentication: Authentication
  readonly expected: KeyExpectation
  readonly offer: ReturnType<typeof algorithmsFor>
  /** For questions of the host; null where nobody can be asked. */
  readonly ask: Ask | null
  readonly start: StartWork<Made>
}

/**
 * Speaks SSH over a fresh connection until what the login is for has been started, within `loginSeconds`; the time in
 * which a person answers does not count. Owns the stream from here on, also when it fails. Throws HostFailure.
 */
export function logIn<Made>(
  stream: Duplex,
  { target, authentication, expected, offer, ask, start }: Login<Made>,
  signal: AbortSignal,
): Promise<LoginResult<Made>> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    const firstBytes = new FirstBytes(stream)
    const limitMilliseconds = target.limits.loginSeconds * 1000
    let deadline = performance.now() + limitMilliseconds
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
      hangUp(client, stream, 'at once')
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
    let timer = setTimeout(() => end('timeout'), limitMilliseconds)
    const askPerson = async (question: Question): Promise<string> => {
      const leftMilliseconds = deadline - performance.now()
      clearTimeout(timer)
      try {
        return (await ask?.(question, signal)) ?? ''
      } finally {
        if (!settled) {
          deadline = performance.now() + leftMilliseconds
          timer = setTimeout(() => end('timeout'), leftMilliseconds)
        }
      }
    }

    const verifyHostKey = (key: Buffer, proceed: (isGood: boolean) => void): void => {
      const trust = (): void => {
        authentication.trust(key)
        proceed(true)
      }
      try {
        const otherTypes = checkHostKey(target, key, expected.lastTry)
        if (otherTypes.length === 0) {
          trust()
        } else if (settle()) {
          hangUp(client, stream, 'at once')
          resolve({ knownKeyTypes: otherTypes })
        }
      } catch (error) {
        const canAsk = ask !== null && target.hostKeys.checking === 'ask'
        if (canAsk && error instanceof HostFailure && error.kind === 'host_key_unknown')
          askForHostKey(target, key, error, askPerson).then(trust, fail)
        else fail(error)
      }
    }

    const startWork = (): void => {
      step = 'shell'
      const finish = (make: () => Made): void => {
        if (settle()) resolve({ made: make() })
      }
      try {
        const leftMilliseconds = (): number => Math.max(0, deadline - performance.now())
        start({ client, stream, leftMilliseconds }, finish, fail)
      } catch {
        // ssh2 throws when the connection has gone already; its close event comes too late to be told apart.
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
    client.on('ready', startWork)
    client.on('change password', (prompt) => fail(passwordExpired(target, prompt)))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) {
      onAbort()
      return
    }
    try {
      client.connect({
        sock: stream,
        username: target.user,
        authHandler: authentication.handler({ giveUp: fail, ask: ask === null ? null : askPerson }),
        hostVerifier: verifyHostKey,
        algorithms: offer,
        readyTimeout: 0,
        keepaliveInterval: target.limits.keepaliveSeconds * 1000,
        // The one after these, unanswered, ends it: ssh2 counts before it sends.
        keepaliveCountMax: (target.limits.keepaliveTimes ?? 3) - 1,
      })
      listenToRefusals(client, authentication)
      gatherWrites(stream)
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
 * ssh2 keeps what a host says to a key of an agent to itself, and with it that the key was one of several proofs
 * (https://www.rfc-editor.org/rfc/rfc4252#section-5.1): this listens where all such answers come in.
 */
function listenToRefusals(client: ssh2.Client, authentication: Authentication): void {
  const { _protocol: protocol } = client as unknown as { _protocol: { _handlers: Handlers } }
  const { _handlers: handlers } = protocol
  const { USERAUTH_FAILURE: goOn } = handlers
  Object.assign(handlers, {
    USERAUTH_FAILURE: ((self, methods, partialSuccess) => {
      authentication.heard(methods, partialSuccess)
      goOn(self, methods, partialSuccess)
    }) satisfies Handlers['USERAUTH_FAILURE'],
  })
}

interface Handlers {
  readonly USERAUTH_FAILURE: (self: unknown, methods: string[], partialSuccess: boolean) => void
}

/**
 * ssh2 writes each encrypted packet in three pieces, and without Nagle's delay every piece would be a packet of its
 * own on the network: what is written in answer to the same bytes goes out together. To be called while the socket is
 * paused, so that this listener comes before that of ssh2.
 */
function gatherWrites(stream: Duplex): void {
  const uncork = (): void => stream.uncork()
  stream.on('data', () => {
    stream.cork()
    process.nextTick(uncork)
  })
}
