import type { Authentication } from './authentication.ts'
import { HostFailure } from './failure.ts'
import type { FirstBytes } from './first-bytes.ts'
import { printable } from './printable.ts'
import type { Target } from './target.ts'

/** What we were waiting for: the server's first line, its key, its answer to ours, or a shell. */
export type LoginStep = 'banner' | 'kex' | 'auth' | 'shell'

const missing: Readonly<Record<LoginStep, string>> = {
  banner: 'no SSH banner came',
  kex: 'the key exchange did not finish',
  auth: 'it did not answer the login',
  shell: 'it did not start a shell',
}

/** Says why a login failed, from the step it was at and what ssh2 reports. */
export function loginFailure(
  target: Target,
  step: LoginStep,
  error: Error | 'timeout',
  firstBytes: FirstBytes,
  authentication: Authentication,
): HostFailure {
  const place = `${printable(target.address)} port ${target.port}`
  const reached = step === 'banner' && firstBytes.hasBanner ? 'kex' : step
  const opening = printable(firstBytes.text().slice(0, 100).trim())

  if (reached === 'banner' && !firstBytes.empty && !firstBytes.text().startsWith('SSH-')) {
    if (/MaxStartups|not allowed at this time/i.test(opening))
      return dropped(place, `refused the connection before its banner: ${opening}`)
    const hint = 'another service listens there: check the port'
    return new HostFailure('protocol', 'login', `${place} does not speak SSH; it says: ${opening}`, hint)
  }
  if (error === 'timeout') {
    const message = `${place} took the connection, but ${missing[reached]} within ${target.limits.loginSeconds} s`
    const hint =
      reached === 'banner'
        ? 'sshd hangs, the host is overloaded or its connection table is full; or another service listens there'
        : 'the host is overloaded, or waits for a name server or a login service'
    return new HostFailure('timeout', 'login', message, hint)
  }

  const { level, code } = error as { level?: unknown; code?: unknown }
  const said = printable(error.message)
  if (level === 'client-authentication') return authentication.failure()
  if (level === 'handshake' && /no matching/i.test(said)) return noCommonAlgorithm(place, said, error)
  if (reached === 'auth' && typeof code === 'number' && level === undefined)
    return authentication.failure(said)
  if (reached === 'shell' && level === undefined && !isClosed(error)) {
    const hint =
      'sshd lets this user open no session: see MaxSessions, ForceCommand and PermitOpen in its settings'
    return new HostFailure('shell', 'login', `${place} refused to start a shell: ${said}`, hint, error)
  }
  if (level === 'client-socket' || isClosed(error) || typeof code === 'number') {
    return dropped(
      place,
      reached === 'banner'
        ? `closed the connection before its banner: ${said}`
        : `closed the connection while ${missing[reached].replace('did not', 'had to')}: ${said}`,
      error,
    )
  }
  const hint = 'the server or something on the way breaks the SSH protocol: try ssh -v to it'
  return new HostFailure('protocol', 'login', `${place} sent what is not SSH: ${said}`, hint, error)
}

function isClosed(error: Error): boolean {
  return /connection (was closed|lost)|no response from server|not connected/i.test(error.message)
}

function dropped(place: string, what: string, cause?: Error): HostFailure {
  const hint =
    'sshd is at its limit (MaxStartups), the connection table of the host is full, or hosts.deny forbids us: try again with fewer --forks'
  return new HostFailure('dropped', 'login', `${place} ${what}`, hint, cause)
}

function noCommonAlgorithm(place: string, said: string, cause: Error): HostFailure {
  const message = `${place} and this tool have no algorithm in common: ${said}`
  const hint =
    'allow curve25519-sha256, an ssh-ed25519, ECDSA or rsa-sha2 host key and AES-GCM or AES-CTR in its sshd_config; post-quantum key exchange alone and SHA-1 are not supported'
  return new HostFailure('no_common_algorithm', 'login', message, hint, cause)
}
